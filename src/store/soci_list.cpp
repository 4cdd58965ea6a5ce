// SPDX-License-Identifier: 0BSD
// The lines of `fabula story list`: a fixed number of queries, however many stories there are,
// since a query may have to travel.
#include "base/sentences.h"
#include "store/rows.h"
#include "store/soci_transact.h"

#include <algorithm>
#include <map>

namespace fabula::store {
namespace {

using soci::into;

/// By the number of the story.
using Summaries = std::map<long long, StorySummary>;

struct Count {
    long long rows = 0;
    long long newest = 0;
};

/// What `query` counts: the story, rows, the time of the newest.
std::map<long long, Count> counts(soci::session& sql, const char* query) {
    std::map<long long, Count> counted;
    long long story = 0;
    Count row;
    soci::statement rows = (sql.prepare << query, into(story), into(row.rows), into(row.newest));
    rows.execute();
    while (rows.fetch())
        counted[story] = row;
    return counted;
}

/// How many words lie between each story's opening and the passage where it stands.
void count_words(soci::session& sql, Summaries& summaries) {
    long long story = 0;
    std::string piece;
    soci::statement rows =
        (sql.prepare
             // A parent is always an earlier passage; saying so keeps a damaged tree from going
             // round.
             << "with recursive way (story, id, parent, text) as ("
                " select p.story, p.id, p.parent, p.text from passages p"
                " join moves m on m.story = p.story and m.passage = p.id"
                " where m.number = (select max(number) from moves n where n.story = m.story)"
                " union all"
                " select p.story, p.id, p.parent, p.text from passages p"
                " join way w on p.story = w.story and p.id = w.parent and p.id < w.id)"
                " select story, text from way order by story, id",
         into(story), into(piece));
    rows.execute();
    long long current = 0;
    std::string text;
    const auto finish = [&] {
        if (const auto found = summaries.find(current); found != summaries.end())
            found->second.words = words_of(text).size();
        text.clear();
    };
    while (rows.fetch()) {
        if (story != current) finish();
        current = story;
        text += piece;
    }
    finish();
}

}  // namespace

Result<std::vector<StorySummary>> SociStore::list() {
    using List = std::vector<StorySummary>;
    return transact<List>(Access::read, [&](soci::session& sql) -> Result<List> {
        const auto records = select_records(sql);
        if (!records) return in_database(records.error());
        Summaries summaries;
        for (const StoryRecord& record : *records)
            summaries[key_of(record.id)].record = record;
        const auto passages =
            counts(sql, "select story, count(*), max(created) from passages group by story");
        const auto candidates = counts(sql,
                                       "select o.story, count(*), max(c.created) from candidates c"
                                       " join offers o on o.id = c.offer group by o.story");
        const auto choices =
            counts(sql, "select story, count(*), max(created) from choices group by story");
        const auto moves =
            counts(sql, "select story, count(*), max(created) from moves group by story");
        const auto of = [](const std::map<long long, Count>& counted, long long story) {
            const auto found = counted.find(story);
            return found == counted.end() ? Count() : found->second;
        };
        count_words(sql, summaries);
        List list;
        list.reserve(summaries.size());
        for (auto& [story, summary] : summaries) {
            summary.n_passages = static_cast<std::size_t>(of(passages, story).rows);
            summary.n_candidates = static_cast<std::size_t>(of(candidates, story).rows);
            summary.changed =
                Timestamp{std::max({of(passages, story).newest, of(candidates, story).newest,
                                    of(choices, story).newest, of(moves, story).newest})};
            list.push_back(std::move(summary));
        }
        return list;
    });
}

}  // namespace fabula::store
