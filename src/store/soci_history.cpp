// SPDX-License-Identifier: 0BSD
// The log of choices across all stories, as those who learn from it want it.
#include "sample/settings_json.h"
#include "store/packing.h"
#include "store/rows.h"
#include "store/soci_transact.h"

#include <soci/soci.h>

#include <algorithm>
#include <map>
#include <utility>

namespace fabula::store {
namespace {

using soci::into;
using soci::use;

struct Decided {
    long long story = 0;
    long long parent = 0;
    std::optional<std::size_t> index;
    std::vector<std::size_t> shown;
    long long created = 0;
    std::map<std::size_t, preference::SeenCandidate> candidates;
};

/// By the number of the offer. Of each offer the last choice.
using Decisions = std::map<long long, Decided>;

Error damaged(long long offer, const std::string& what) {
    return {ErrorCode::corrupt, "offer " + std::to_string(offer) + ": " + what};
}

Result<Decisions> select_decisions(soci::session& sql, const std::string& chooser) {
    Decisions decisions;
    long long offer = 0;
    long long index = 0;
    soci::indicator has_index = soci::i_ok;
    std::string shown;
    Decided row;
    soci::statement rows =
        (sql.prepare << "select c.offer, o.story, o.parent, c.\"index\", c.shown, c.created"
                        " from choices c join offers o on o.id = c.offer"
                        " where c.chooser = :chooser order by c.story, c.number",
         use(chooser), into(offer), into(row.story), into(row.parent), into(index, has_index),
         into(shown), into(row.created));
    rows.execute();
    while (rows.fetch()) {
        auto indices = unpack_indices(shown);
        if (!indices) return damaged(offer, "the order in which it was shown cannot be read");
        row.shown = std::move(*indices);
        row.index.reset();
        if (has_index == soci::i_ok) row.index = static_cast<std::size_t>(index);
        decisions[offer] = row;
    }
    return decisions;
}

Result<Unit> add_seen(soci::session& sql, const std::string& chooser, Decisions& decisions) {
    long long offer = 0;
    long long index = 0;
    std::string json;
    double propensity = 0;
    soci::indicator has_propensity = soci::i_ok;
    // Many candidates share their settings, word by word.
    std::map<std::string, sample::Settings> known;
    soci::statement rows =
        (sql.prepare << "select offer, \"index\", settings, propensity from candidates"
                        " where offer in (select offer from choices where chooser = :chooser)",
         use(chooser), into(offer), into(index), into(json), into(propensity, has_propensity));
    rows.execute();
    while (rows.fetch()) {
        const auto decided = decisions.find(offer);
        if (decided == decisions.end()) continue;
        auto found = known.find(json);
        if (found == known.end()) {
            auto settings = sample::settings_from_json(json);
            if (!settings) return damaged(offer, settings.error().message);
            if (known.size() > 4096) known.clear();
            found = known.emplace(json, *std::move(settings)).first;
        }
        decided->second.candidates.emplace(
            static_cast<std::size_t>(index),
            preference::seen(found->second, has_propensity == soci::i_ok ? std::optional(propensity)
                                                                         : std::nullopt));
    }
    return Unit{};
}

/// How many passages lie between the opening and each passage of each story.
std::map<std::pair<long long, long long>, std::size_t> select_steps(soci::session& sql) {
    std::map<std::pair<long long, long long>, std::size_t> steps;
    long long story = 0;
    long long id = 0;
    long long parent = 0;
    soci::statement rows =
        (sql.prepare << "select story, id, parent from passages order by story, id", into(story),
         into(id), into(parent));
    rows.execute();
    while (rows.fetch()) {
        const auto before = steps.find({story, parent});
        const bool is_below = parent < id && before != steps.end();
        steps[{story, id}] = is_below ? before->second + 1 : 0;
    }
    return steps;
}

Result<preference::SeenOffer> seen_offer(long long offer, const Decided& decided,
                                         std::size_t step) {
    std::vector<std::size_t> shown = decided.shown;
    if (shown.empty()) {
        for (const auto& [index, candidate] : decided.candidates)
            shown.push_back(index);
    }
    preference::SeenOffer seen;
    seen.story = decided.story;
    seen.step = step;
    for (const std::size_t index : shown) {
        const auto candidate = decided.candidates.find(index);
        if (candidate == decided.candidates.end())
            return damaged(offer, "a candidate that was shown is missing");
        if (decided.index == index) seen.picked = seen.shown.size();
        seen.shown.push_back(candidate->second);
    }
    return seen;
}

}  // namespace

Result<preference::History> SociStore::history(const std::string& chooser) {
    using Histories = Result<preference::History>;
    return transact<preference::History>(Access::read, [&](soci::session& sql) -> Histories {
        auto decisions = select_decisions(sql, chooser);
        if (!decisions) return in_database(decisions.error());
        if (decisions->empty()) return preference::History();
        if (const auto good = add_seen(sql, chooser, *decisions); !good)
            return in_database(good.error());
        const auto steps = select_steps(sql);
        std::vector<std::pair<long long, preference::SeenOffer>> found;
        for (const auto& [offer, decided] : *decisions) {
            const auto before = steps.find({decided.story, decided.parent});
            if (before == steps.end())
                return in_database(damaged(offer, "the passage it was made at is missing"));
            auto seen = seen_offer(offer, decided, before->second + 1);
            if (!seen) return in_database(seen.error());
            found.emplace_back(decided.created, *std::move(seen));
        }
        std::stable_sort(found.begin(), found.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        preference::History history;
        history.reserve(found.size());
        for (auto& [created, seen] : found)
            history.push_back(std::move(seen));
        return history;
    });
}

Result<std::vector<std::string>> SociStore::sources() {
    using Sources = std::vector<std::string>;
    return transact<Sources>(Access::read, [&](soci::session& sql) -> Result<Sources> {
        Sources found;
        std::string source;
        soci::statement rows =
            (sql.prepare << "select source from stories where source <> ''", into(source));
        rows.execute();
        while (rows.fetch())
            found.push_back(source);
        std::sort(found.begin(), found.end());  // databases have orders of their own
        return found;
    });
}

Result<std::optional<StoryId>> SociStore::story_from(const std::string& source) {
    using Found = std::optional<StoryId>;
    return transact<Found>(Access::read, [&](soci::session& sql) -> Result<Found> {
        long long id = 0;
        sql << "select id from stories where source = :source and source <> ''", use(source),
            into(id);
        return sql.got_data() ? Found(StoryId{id}) : Found();
    });
}

}  // namespace fabula::store
