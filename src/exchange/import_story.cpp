// SPDX-License-Identifier: 0BSD
#include "exchange/import_story.h"

#include "exchange/import_joins.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <numeric>
#include <utility>

namespace fabula::exchange {
namespace {

using story::Origin;
using story::PassageId;

/// The offers of one step, in the order of the data.
struct Step {
    std::int64_t number = 0;
    std::vector<const ForeignOffer*> offers;
    std::string input;  // the first that is known
};

std::vector<Step> steps_of(const ForeignStory& foreign) {
    std::vector<const ForeignOffer*> offers;
    bool has_numbers = true;
    for (const ForeignOffer& each : foreign.offers) {
        offers.push_back(&each);
        has_numbers = has_numbers && each.step.has_value();
    }
    if (has_numbers) {
        std::stable_sort(offers.begin(), offers.end(), [](const auto* a, const auto* b) {
            return a->step.value_or(0) < b->step.value_or(0);
        });
    }
    std::vector<Step> steps;
    for (const ForeignOffer* offer : offers) {
        const std::int64_t number =
            has_numbers ? offer->step.value_or(0) : static_cast<std::int64_t>(steps.size());
        if (steps.empty() || steps.back().number != number) steps.push_back({number, {}, {}});
        steps.back().offers.push_back(offer);
        if (steps.back().input.empty()) steps.back().input = offer->input;
    }
    return steps;
}

/// What was taken at one place of a story.
struct Taken {
    std::size_t offer = 0;  // in the group
    std::size_t index = 0;
};

/// The offers that were made behind one passage.
struct Group {
    std::string parent;  // the data's name of that passage, ""
    std::vector<const ForeignOffer*> offers;
};

std::vector<Group> groups_of(const Step& step) {
    std::vector<Group> groups;
    for (const ForeignOffer* offer : step.offers) {
        const auto known = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
            return group.parent == offer->parent;
        });
        if (known == groups.end())
            groups.push_back({offer->parent, {offer}});
        else
            known->offers.push_back(offer);
    }
    return groups;
}

/// The candidate that `next_input` ends with; the longest, where several do.
std::optional<Taken> taken_by_next_input(const Group& group, const std::string& next_input) {
    std::optional<Taken> found;
    std::size_t longest = 0;
    for (std::size_t i = 0; i < group.offers.size(); ++i) {
        for (const auto& candidate : group.offers[i]->record.candidates) {
            if (candidate.text.size() <= longest || candidate.text.size() > next_input.size() + 64)
                continue;
            if (!end_alike(candidate.text, next_input)) continue;
            longest = candidate.text.size();
            found = Taken{i, candidate.index};
        }
    }
    return found;
}

class Builder {
public:
    Builder(const ForeignStory& foreign, Timestamp now)
        : foreign_(foreign), now_(foreign.created.value_or(now)) {
        auto& record = out_.story.record;
        record.title = foreign.title;
        record.seed = foreign.seed;
        record.model = foreign.model;
        record.created = now_;
        record.source = foreign.source;
    }

    BuiltStory build() {
        const auto steps = steps_of(foreign_);
        std::string opening = foreign_.prompt;
        if (opening.empty() && !steps.empty()) opening = steps.front().input;
        if (opening.empty()) {
            skip(foreign_.place, foreign_.line, "no prompt",
                 "there is neither a prompt nor the first step's input");
            return std::move(out_);
        }
        begin(opening);
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const std::string next = i + 1 < steps.size() ? steps[i + 1].input : "";
            if (i > 0 && !bridge(steps[i - 1], steps[i])) {
                leave(steps, i, "gap",
                      "step " + std::to_string(steps[i - 1].number + 1) + " is missing before it");
                break;
            }
            if (!place(steps[i], next, i == 0)) {
                leave(steps, i + 1, "no pick before it",
                      "nobody knows what was taken at step " + std::to_string(steps[i].number));
                break;
            }
        }
        return std::move(out_);
    }

private:
    void skip(const std::string& place, std::size_t line, const char* kind, std::string reason) {
        out_.skipped.push_back({place, line, kind, std::move(reason)});
    }

    void leave(const std::vector<Step>& steps, std::size_t from, const char* kind,
               const std::string& reason) {
        for (std::size_t i = from; i < steps.size(); ++i) {
            for (const ForeignOffer* offer : steps[i].offers)
                skip(offer->place, offer->line, kind, reason);
        }
    }

    void begin(const std::string& opening) {
        store::Story& story = out_.story;
        if (story.record.title.empty()) story.record.title = first_words(opening);
        story.tree = story::Tree(opening);
        story.passages.push_back({PassageId::root, story.tree.at(PassageId::root), {}, {}, now_});
        story.moves.push_back({store::MoveKind::start, PassageId::root, now_});
        ends_ = {PassageId::root};
    }

    static std::string first_words(const std::string& opening) {
        constexpr std::size_t most = 60;
        std::string words = opening.substr(0, opening.find_first_of("\r\n"));
        if (words.size() > most) {
            const std::size_t space = words.rfind(' ', most);
            if (space != std::string::npos && space > 0) words.resize(space);
        }
        return words.size() <= 4 * most ? words : "";
    }

    std::string text_to(PassageId end) const {
        const auto text = out_.story.tree.read(end);
        return text ? *text : "";
    }

    /// Where a number is left out between two steps, the words of the one that is missing, if the
    /// input behind it has them.
    bool bridge(const Step& before, const Step& step) {
        const std::int64_t missing = step.number - before.number - 1;
        if (missing <= 0) return true;
        if (missing > 1 || ends_.size() != 1) return false;
        const auto words = behind(text_to(ends_.front()), step.input);
        if (!words) return false;
        ends_ = {write(ends_.front(), *words, now_)};
        return true;
    }

    /// Hangs the offers of a step behind what was taken before; whether the story goes on.
    bool place(const Step& step, const std::string& next_input, bool is_first) {
        const auto groups = groups_of(step);
        std::vector<PassageId> ends;
        std::vector<PassageId> free = ends_;
        for (const Group& group : groups) {
            const auto at = is_first ? PassageId::root : parent_of(group, free);
            if (!at) {
                for (const ForeignOffer* offer : group.offers)
                    skip(offer->place, offer->line, "no pick before it",
                         "the passage it was made behind is not among those that were taken");
                continue;
            }
            // The input behind belongs to one of several branches, nobody knows which.
            place(group, *at, groups.size() == 1 ? next_input : "", ends);
        }
        ends_ = std::move(ends);
        return !ends_.empty();
    }

    /// The passage at which the offers of `group` were made: the one whose words the input ends
    /// with, or else the first that has no offer behind it yet. It is taken out of `free`.
    std::optional<PassageId> parent_of(const Group& group, std::vector<PassageId>& free) const {
        if (group.parent.empty()) return ends_.back();
        if (free.empty()) return {};
        const std::string& input = group.offers.front()->input;
        auto found = std::find_if(free.begin(), free.end(), [&](PassageId id) {
            return !input.empty() && end_alike(out_.story.tree.at(id).text, input);
        });
        if (found == free.end()) found = free.begin();
        const PassageId id = *found;
        free.erase(found);
        return id;
    }

    void place(const Group& group, PassageId at, const std::string& next_input,
               std::vector<PassageId>& ends) {
        const std::string before = text_to(at);
        const std::string& input = group.offers.front()->input;
        if (!input.empty() && !end_alike(before, input)) ++out_.n_unmatched;
        std::optional<Taken> last;
        for (std::size_t i = 0; i < group.offers.size(); ++i) {
            if (group.offers[i]->picked) last = Taken{i, *group.offers[i]->picked};
        }
        if (!last && !next_input.empty()) last = taken_by_next_input(group, next_input);

        const std::size_t first_end = ends.size();
        for (std::size_t i = 0; i < group.offers.size(); ++i) {
            const bool is_last = last ? last->offer == i : i + 1 == group.offers.size();
            Place place{at, before, group.offers[i]->picked, is_last ? next_input : ""};
            if (last && is_last) place.picked = last->index;
            if (const auto end = put(*group.offers[i], place)) ends.push_back(*end);
        }
        // Of several picks the last one is what the story goes on with, unless branches are named.
        if (group.parent.empty() && ends.size() > first_end + 1)
            ends.erase(ends.begin() + static_cast<std::ptrdiff_t>(first_end), ends.end() - 1);
    }

    struct Place {
        PassageId at{};
        const std::string& before;          // the story up to there
        std::optional<std::size_t> picked;  // of the offer
        std::string next_input;             // "" where it is not known
    };

    /// Keeps an offer and what became of it; the passage, where something did.
    std::optional<PassageId> put(const ForeignOffer& offer, const Place& place) {
        if (!offer.fault.empty()) {
            skip(offer.place, offer.line, offer.fault_kind.c_str(), offer.fault);
            return taken_without_offer(offer, place);
        }
        const Timestamp time = offer.created.value_or(now_);
        store::Story& story = out_.story;
        store::OfferRecord record = offer.record;
        record.id = store::OfferId{static_cast<std::int64_t>(story.offers.size()) + 1};
        record.parent = place.at;
        record.number = n_offers_at_[place.at]++;
        record.created = time;
        if (record.model.empty()) record.model = foreign_.model;
        record.prompt = {{offer.input.empty() ? end_of(place.before) : offer.input, {}, "", {}, 0}};
        const bool has_spaces = joins_as_it_is(offer, place);
        for (store::CandidateRecord& each : record.candidates) {
            each.created = time;
            if (!has_spaces && needs_space(place.before, each.text)) each.text.insert(0, 1, ' ');
        }
        const auto passage = became(record, place, time);
        if (passage) {
            store::ChoiceRecord choice = offer.choice;
            choice.offer = record.id;
            choice.index = place.picked;
            choice.passage = *passage;
            choice.created = time;
            choice.shown = order_of(offer);
            story.choices.push_back(std::move(choice));
            story.moves.push_back({store::MoveKind::choice, *passage, time});
        }
        story.offers.push_back(std::move(record));
        return passage;
    }

    /// What may have been the prompt, where the data do not say it.
    static std::string end_of(const std::string& text) {
        constexpr std::size_t most = std::size_t{32} << 10;
        if (text.size() <= most) return text;
        std::size_t at = text.size() - most;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U)
            ++at;
        return text.substr(at);
    }

    /// The story goes on with what was taken even where the offer cannot be kept.
    std::optional<PassageId> taken_without_offer(const ForeignOffer& offer, const Place& place) {
        std::string words;
        if (const auto shown = behind(place.before, place.next_input))
            words = *shown;
        else if (place.picked)
            words = offer.record.candidates[*place.picked].text;
        if (words.empty()) return {};
        if (place.next_input.empty() && needs_space(place.before, words)) words.insert(0, 1, ' ');
        return write(place.at, words, offer.created.value_or(now_));
    }

    /// Whether the next input shows that no space belongs between the story and what was picked.
    static bool joins_as_it_is(const ForeignOffer& offer, const Place& place) {
        constexpr std::size_t most = 24;
        if (!place.picked || place.next_input.empty()) return false;
        const std::string& text = offer.record.candidates[*place.picked].text;
        const std::size_t from = place.before.size() - std::min(place.before.size(), most);
        return place.next_input.find(place.before.substr(from) + text.substr(0, most)) !=
               std::string::npos;
    }

    /// The passage that an offer became: what was picked, in the words that the next input has.
    std::optional<PassageId> became(const store::OfferRecord& offer, const Place& place,
                                    Timestamp time) {
        const auto words = behind(place.before, place.next_input);
        store::PassageRecord record;
        record.offer = offer.id;
        record.index = place.picked;
        record.created = time;
        record.passage = {place.at, Origin::generated, ""};
        if (place.picked) {
            record.passage.text = offer.candidates[*place.picked].text;
            const bool is_as_it_was =
                place.next_input.empty() ||
                end_alike(place.before + record.passage.text, place.next_input);
            if (!is_as_it_was && words) {
                record.passage.origin = Origin::edited;
                record.passage.text = *words;
                ++out_.n_edited;
            }
        } else if (words) {
            record.passage.origin = Origin::written;
            record.passage.text = *words;
            ++out_.n_edited;
        } else {
            return {};
        }
        return add(std::move(record));
    }

    PassageId write(PassageId at, const std::string& words, Timestamp time) {
        store::PassageRecord record;
        record.passage = {at, Origin::written, words};
        record.created = time;
        const PassageId id = add(std::move(record));
        out_.story.moves.push_back({store::MoveKind::edit, id, time});
        return id;
    }

    PassageId add(store::PassageRecord record) {
        const auto& passage = record.passage;
        const auto id = out_.story.tree.add(passage.parent, passage.origin, passage.text);
        assert(id && "passages hang on passages that are there");
        record.id = *id;
        out_.story.passages.push_back(std::move(record));
        return *id;
    }

    /// The candidates as they stood on the screen; empty where it is not known of all.
    static std::vector<std::size_t> order_of(const ForeignOffer& offer) {
        if (offer.positions.size() != offer.record.candidates.size()) return {};
        std::vector<std::size_t> order(offer.positions.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return offer.positions[a] < offer.positions[b];
        });
        return order;
    }

    const ForeignStory& foreign_;
    Timestamp now_;
    BuiltStory out_;
    std::vector<PassageId> ends_;  // what was taken at the step before
    std::map<PassageId, std::size_t> n_offers_at_;
};

}  // namespace

BuiltStory built(const ForeignStory& foreign, Timestamp now) {
    return Builder(foreign, now).build();
}

}  // namespace fabula::exchange
