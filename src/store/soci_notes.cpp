// SPDX-License-Identifier: 0BSD
// What the writer of a story keeps beside it, and how often it was changed.
#include "store/check.h"
#include "store/rows.h"
#include "store/soci_transact.h"

namespace fabula::store {

using soci::into;
using soci::use;

Result<std::uint64_t> SociStore::version(StoryId story) {
    using Version = Result<std::uint64_t>;
    return transact<std::uint64_t>(Access::read, [&](soci::session& sql) -> Version {
        const long long key = key_of(story);
        long long version = 0;
        sql << "select v.value + t.changes from versions v join turns t on t.story = v.story"
               " where v.story = :story",
            use(key), into(version);
        if (!sql.got_data()) return missing_story(story);
        return static_cast<std::uint64_t>(version);
    });
}

Result<StoryId> SociStore::story_of(OfferId offer) {
    return transact<StoryId>(Access::read, [&](soci::session& sql) -> Result<StoryId> {
        const long long key = key_of(offer);
        long long story = 0;
        sql << "select story from offers where id = :id", use(key), into(story);
        if (!sql.got_data()) return missing_offer(offer);
        return StoryId{story};
    });
}

Result<NotesRecord> SociStore::notes(StoryId story) {
    return transact<NotesRecord>(Access::read, [&](soci::session& sql) -> Result<NotesRecord> {
        if (!has_story(story)) return missing_story(story);
        return select_notes(sql, story);
    });
}

Result<Unit> SociStore::set_notes(StoryId story, const NotesRecord& notes) {
    if (const auto good = check_notes(notes, "notes"); !good) return in_database(good.error());
    return transact<Unit>(Access::write, [&](soci::session& sql) -> Result<Unit> {
        if (!has_story(story)) return missing_story(story);
        insert_notes(sql, story, notes);
        count_change(sql, story);
        return Unit{};
    });
}

}  // namespace fabula::store
