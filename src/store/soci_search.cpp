// SPDX-License-Identifier: 0BSD
// Finding: stories by their words, requests by their story.
#include "store/check.h"
#include "store/rows.h"
#include "store/soci_transact.h"

namespace fabula::store {
namespace {

using soci::into;
using soci::use;

/// A pattern of `like` with escape '!' that finds `words` as they are.
std::string pattern_of(const std::string& words) {
    std::string pattern = "%";
    for (const char c : words) {
        if (c == '%' || c == '_' || c == '!') pattern += '!';
        pattern += c;
    }
    return pattern + '%';
}

}  // namespace

Result<std::vector<StoryId>> SociStore::stories_with(const std::string& words) {
    using Stories = std::vector<StoryId>;
    if (const auto good = check_text(words, "words"); !good) return in_database(good.error());
    return transact<Stories>(Access::read, [&](soci::session& sql) -> Result<Stories> {
        const std::string pattern = pattern_of(words);
        Stories stories;
        long long id = 0;
        soci::statement rows =
            (sql.prepare
                 << "select id from stories where lower(title) like lower(:title) escape '!'"
                    " union select story from passages"
                    " where lower(text) like lower(:text) escape '!' order by 1",
             use(pattern), use(pattern), into(id));
        rows.execute();
        while (rows.fetch())
            stories.push_back(StoryId{id});
        return stories;
    });
}

Result<std::vector<RequestRecord>> SociStore::requests(StoryId story) {
    using Requests = std::vector<RequestRecord>;
    return transact<Requests>(Access::read, [&](soci::session& sql) -> Result<Requests> {
        if (!has_story(story)) return missing_story(story);
        const long long key = key_of(story);
        std::vector<long long> ids;
        long long id = 0;
        soci::statement rows =
            (sql.prepare << "select id from requests where story = :story order by id", use(key),
             into(id));
        rows.execute();
        while (rows.fetch())
            ids.push_back(id);
        Requests requests;
        requests.reserve(ids.size());
        for (const long long each : ids) {
            auto record = select_request(sql, RequestId{each});
            if (!record) return in_database(record.error());
            if (*record) requests.push_back(**std::move(record));
        }
        return requests;
    });
}

}  // namespace fabula::store
