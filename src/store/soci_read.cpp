// SPDX-License-Identifier: 0BSD
#include "base/sentences.h"
#include "store/check.h"
#include "store/rows.h"
#include "store/soci_transact.h"

#include <algorithm>
#include <map>

namespace fabula::store {

Error SociStore::error(ErrorCode code, const std::string& what) const {
    return {code, backend_->name() + ": " + what};
}

Error SociStore::in_database(const Error& cause) const {
    return error(cause.code, cause.message);
}

Error SociStore::missing_story(StoryId id) const {
    return error(ErrorCode::not_found, "there is no story " + std::to_string(key_of(id)));
}

Error SociStore::missing_candidate(OfferId offer, std::size_t index) const {
    return error(ErrorCode::not_found, "offer " + std::to_string(key_of(offer)) +
                                           " has no candidate " + std::to_string(index));
}

bool SociStore::has_story(StoryId id) {
    const long long key = key_of(id);
    long long count = 0;
    backend_->session() << "select count(*) from stories where id = :id", soci::use(key),
        soci::into(count);
    return count > 0;
}

bool SociStore::has_passage(StoryId story, story::PassageId passage) {
    const long long story_key = key_of(story);
    const long long key = key_of(passage);
    long long count = 0;
    backend_->session() << "select count(*) from passages where story = :story and id = :id",
        soci::use(story_key), soci::use(key), soci::into(count);
    return count > 0;
}

Result<Unit> SociStore::require_passage(StoryId story, story::PassageId passage) {
    if (!has_story(story)) return missing_story(story);
    if (!has_passage(story, passage)) {
        return error(ErrorCode::not_found, "story " + std::to_string(key_of(story)) +
                                               " has no passage " +
                                               std::to_string(key_of(passage)));
    }
    return Unit{};
}

Result<Unit> SociStore::require_head(StoryId story, story::PassageId head) {
    const long long key = key_of(story);
    long long now = 0;
    backend_->session() << "select passage from moves where story = :story"
                           " order by number desc limit 1",
        soci::use(key), soci::into(now);
    if (now == key_of(head)) return Unit{};
    const std::string id = std::to_string(key);
    return error(ErrorCode::conflict,
                 "story " + id + " was moved by somebody else meanwhile: it stands at passage " +
                     std::to_string(now) + ", not at " + std::to_string(key_of(head)) +
                     " any more; go on from there with `fabula write --continue " + id + "`");
}

Result<Story> SociStore::load(StoryId id) {
    return transact<Story>(Access::read, [&](soci::session& sql) -> Result<Story> {
        const auto records = select_records(sql, id);
        if (!records) return in_database(records.error());
        if (records->empty()) return missing_story(id);
        return read(records->front());
    });
}

Result<Story> SociStore::read(const StoryRecord& record) {
    soci::session& sql = backend_->session();
    auto passages = select_passages(sql, record.id);
    if (!passages) return in_database(passages.error());
    auto offers = select_offers(sql, record.id);
    if (!offers) return in_database(offers.error());
    auto choices = select_choices(sql, record.id);
    if (!choices) return in_database(choices.error());
    auto ratings = select_ratings(sql, record.id);
    if (!ratings) return in_database(ratings.error());
    auto moves = select_moves(sql, record.id);
    if (!moves) return in_database(moves.error());

    const std::string place = "story " + std::to_string(key_of(record.id)) + ": ";
    if (passages->empty()) return error(ErrorCode::corrupt, place + "its opening is missing");
    std::map<OfferId, story::PassageId> parents;
    for (const OfferRecord& offer : *offers)
        parents[offer.id] = offer.parent;
    for (const ChoiceRecord& choice : *choices) {
        const auto passage = static_cast<std::size_t>(choice.passage);
        if (passage >= passages->size()) continue;
        if (!choice.index && parents[choice.offer] == choice.passage) continue;  // refused
        (*passages)[passage].offer = choice.offer;
        (*passages)[passage].index = choice.index;
    }
    Story story{record,
                story::Tree(passages->front().passage.text),
                std::move(*passages),
                std::move(*offers),
                std::move(*choices),
                std::move(*ratings),
                std::move(*moves),
                select_notes(sql, record.id)};
    for (std::size_t i = 1; i < story.passages.size(); ++i) {
        const story::Passage& each = story.passages[i].passage;
        if (const auto id = story.tree.add(each.parent, each.origin, each.text); !id) {
            return error(ErrorCode::corrupt, place + id.error().message);
        }
    }
    if (const auto good = check_story(story); !good) {
        return error(ErrorCode::corrupt, place + good.error().message);
    }
    return story;
}

Result<Store::Health> SociStore::check() {
    auto health = backend_->health();
    if (!health || !health->is_sound) return health;
    const auto faults =
        transact<std::string>(Access::read, [&](soci::session& sql) -> Result<std::string> {
            const auto records = select_records(sql);
            if (!records) return records.error().message;
            std::string found;
            for (const StoryRecord& record : *records) {
                if (const auto story = read(record); !story) {
                    found += (found.empty() ? "" : "; ") + story.error().message;
                }
            }
            return found;
        });
    if (!faults) return faults.error();
    if (!faults->empty()) {
        health->is_sound = false;
        health->findings = *faults;
    }
    return health;
}

}  // namespace fabula::store
