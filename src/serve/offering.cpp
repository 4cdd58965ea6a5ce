// SPDX-License-Identifier: 0BSD
#include "serve/offering.h"

#include "sample/settings_json.h"

#include <utility>

namespace fabula::serve {
namespace {

Result<sample::Settings> settings_of(const AskedOffer& asked, const OfferingOptions& options) {
    auto settings = options.defaults.settings;
    if (!asked.preset.empty()) {
        const auto json = options.preset(asked.preset);
        if (!json) return json.error();
        auto found = sample::settings_from_json(*json, settings);
        if (!found) return found.error();
        settings = *std::move(found);
    }
    if (asked.settings.empty()) return settings;
    return sample::settings_from_json(asked.settings, settings);
}

bool are_drawn_ones_equal(const sample::Settings& a, const sample::Settings& b) {
    return a.temperature == b.temperature && a.top_k == b.top_k && a.typical_p == b.typical_p;
}

}  // namespace

Result<Offering> offering_of(const AskedOffer& asked, const OfferingOptions& options) {
    Offering offering{options.defaults, asked.policy};
    auto settings = settings_of(asked, options);
    if (!settings) return settings.error();
    const bool is_named = !are_drawn_ones_equal(*settings, options.defaults.settings);
    offering.options.settings = *std::move(settings);
    if (asked.candidates) offering.options.candidates = *asked.candidates;
    if (offering.policy.empty()) offering.policy = is_named ? "fixed" : options.policy;
    const auto known = options.check_policy(offering.policy);
    if (!known) return known.error();
    return offering;
}

Result<Offering> offering_of(const AskedRedraw& asked, const OfferingOptions& options) {
    AskedOffer offer;
    offer.settings = asked.settings;
    offer.policy = asked.policy;
    offer.preset = asked.preset;
    return offering_of(offer, options);
}

std::vector<story::Note> notes_of(const store::NotesRecord& notes) {
    auto found = engine::notes_in(notes.memory, story::PartKind::memory);
    auto late = engine::notes_in(notes.author_note, story::PartKind::lore);
    found.insert(found.end(), std::make_move_iterator(late.begin()),
                 std::make_move_iterator(late.end()));
    return found;
}

}  // namespace fabula::serve
