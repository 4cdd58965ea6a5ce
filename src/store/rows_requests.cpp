// SPDX-License-Identifier: 0BSD
// The queue's rows, notes, and the counts behind a story's version.
#include "store/rows.h"

#include <soci/soci.h>

namespace fabula::store {
namespace {

using soci::into;
using soci::use;

const std::string request_columns =
    "id, story, parent, \"key\", model, body, redraw_of, \"user\", state, claimed_by,"
    " lease_until, attempts, offer, error, created, finished";

/// A row as SOCI fills it, before it is understood.
struct RequestRow {
    long long id = 0;
    long long story = 0;
    long long parent = 0;
    long long redraw_of = 0;
    soci::indicator is_redraw = soci::i_null;
    std::string state;
    long long lease_until = 0;
    long long attempts = 0;
    long long offer = 0;
    soci::indicator has_offer = soci::i_null;
    long long created = 0;
    long long finished = 0;
    RequestRecord record;
};

Result<RequestRecord> understand(const RequestRow& row) {
    const auto state = request_state_named(row.state);
    if (!state) {
        return Error{ErrorCode::corrupt,
                     "request " + std::to_string(row.id) + ": " + state.error().message};
    }
    RequestRecord record = row.record;
    record.id = RequestId{row.id};
    record.story = StoryId{row.story};
    record.parent = static_cast<story::PassageId>(row.parent);
    record.redraw_of.reset();
    if (row.is_redraw == soci::i_ok) record.redraw_of = OfferId{row.redraw_of};
    record.state = *state;
    record.lease_until = Timestamp{row.lease_until};
    record.attempts = static_cast<std::size_t>(row.attempts);
    record.offer.reset();
    if (row.has_offer == soci::i_ok) record.offer = OfferId{row.offer};
    record.created = Timestamp{row.created};
    record.finished = Timestamp{row.finished};
    return record;
}

/// Those that `condition` is true of, which may name the number `:key`.
Result<std::vector<RequestRecord>> select_requests(soci::session& sql, const std::string& condition,
                                                   long long key) {
    std::vector<RequestRecord> records;
    RequestRow row;
    soci::statement rows =
        (sql.prepare << "select " + request_columns + " from requests where " + condition, use(key),
         into(row.id), into(row.story), into(row.parent), into(row.record.key),
         into(row.record.model), into(row.record.body), into(row.redraw_of, row.is_redraw),
         into(row.record.user), into(row.state), into(row.record.claimed_by), into(row.lease_until),
         into(row.attempts), into(row.offer, row.has_offer), into(row.record.error),
         into(row.created), into(row.finished));
    rows.execute();
    while (rows.fetch()) {
        auto record = understand(row);
        if (!record) return record.error();
        records.push_back(std::move(*record));
    }
    return records;
}

}  // namespace

long long key_of(RequestId id) {
    return static_cast<long long>(id);
}

void insert_request(soci::session& sql, const RequestRecord& request) {
    const long long id = key_of(request.id);
    const long long story = key_of(request.story);
    const long long parent = key_of(request.parent);
    const long long redraw_of = request.redraw_of ? key_of(*request.redraw_of) : 0;
    soci::indicator is_redraw = request.redraw_of ? soci::i_ok : soci::i_null;
    const auto created = static_cast<long long>(request.created);
    sql << "insert into requests (" + request_columns +
               ") values (:id, :story, :parent, :key, :model, :body, :redraw_of, :user, 'waiting',"
               " '', 0, 0, null, '', :created, 0)",
        use(id), use(story), use(parent), use(request.key), use(request.model), use(request.body),
        use(redraw_of, is_redraw), use(request.user), use(created);
}

Result<std::optional<RequestRecord>> select_request(soci::session& sql, RequestId id,
                                                    const std::string& locking) {
    using Found = std::optional<RequestRecord>;
    auto records = select_requests(sql, "id = :key" + locking, key_of(id));
    if (!records) return records.error();
    return records->empty() ? Found() : Found(std::move(records->front()));
}

Result<std::vector<RequestRecord>> select_open_requests(soci::session& sql, StoryId story) {
    return select_requests(sql, "story = :key and state in ('waiting', 'claimed') order by id",
                           key_of(story));
}

void insert_notes(soci::session& sql, StoryId story, const NotesRecord& notes) {
    const long long key = key_of(story);
    const auto created = static_cast<long long>(notes.created);
    long long number = 0;
    sql << "select coalesce(max(number), -1) + 1 from notes where story = :story", use(key),
        into(number);
    sql << "insert into notes (story, number, memory, author_note, created)"
           " values (:story, :number, :memory, :author_note, :created)",
        use(key), use(number), use(notes.memory), use(notes.author_note), use(created);
}

NotesRecord select_notes(soci::session& sql, StoryId story) {
    const long long key = key_of(story);
    long long created = 0;
    NotesRecord notes;
    sql << "select memory, author_note, created from notes where story = :story"
           " order by number desc limit 1",
        use(key), into(notes.memory), into(notes.author_note), into(created);
    notes.created = Timestamp{created};
    return sql.got_data() ? notes : NotesRecord{};
}

void insert_version(soci::session& sql, StoryId story) {
    const long long key = key_of(story);
    sql << "insert into versions (story, value) values (:story, 1)", use(key);
    sql << "insert into turns (story, served, changes) values (:story, 0, 0)", use(key);
}

void count_change(soci::session& sql, StoryId story) {
    const long long key = key_of(story);
    sql << "update versions set value = value + 1 where story = :story", use(key);
}

void count_request_change(soci::session& sql, StoryId story) {
    const long long key = key_of(story);
    sql << "update turns set changes = changes + 1 where story = :story", use(key);
}

}  // namespace fabula::store
