// SPDX-License-Identifier: 0BSD
// The queue: what was asked for, who works on it, and whose turn it is.
//
// Who changes the state of a request changes the row of its story in `turns`, too. Who claims locks
// both at once and passes over what others have locked: it never waits for a row, so that nobody
// can wait for it in a circle.
#include "base/utf8.h"
#include "store/check.h"
#include "store/rows.h"
#include "store/soci_transact.h"

#include <algorithm>

namespace fabula::store {
namespace {

using soci::into;
using soci::use;

constexpr std::size_t max_error_bytes = 2000;

bool is_open(const RequestRecord& request) {
    return request.state == RequestState::waiting || request.state == RequestState::claimed;
}

/// On one line, not too long, and such as the database keeps, whatever it was.
std::string kept_error(const std::string& error) {
    std::string line = repaired_utf8(error.substr(0, max_error_bytes));
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return line;
}

std::optional<RequestId> request_of_key(soci::session& sql, const RequestRecord& request) {
    if (request.key.empty()) return std::nullopt;
    const long long story = key_of(request.story);
    long long id = 0;
    sql << "select id from requests where story = :story and \"key\" = :key", use(story),
        use(request.key), into(id);
    if (!sql.got_data()) return std::nullopt;
    return RequestId{id};
}

std::size_t count_open(soci::session& sql, const std::string& model) {
    const long long is_any = model.empty() ? 1 : 0;
    long long count = 0;
    sql << "select count(*) from requests where state in ('waiting', 'claimed')"
           " and (:any = 1 or model = :model)",
        use(is_any), use(model), into(count);
    return static_cast<std::size_t>(count);
}

struct Turn {
    long long story = 0;
    long long request = 0;
};

/// Whose turn it is; `locking` as Backend says for the tables t and r.
std::optional<Turn> next_turn(soci::session& sql, const std::string& model, Timestamp now,
                              const std::string& locking) {
    const auto time = static_cast<long long>(now);
    Turn turn;
    sql << "select t.story, r.id from turns t join requests r on r.story = t.story"
           " where r.model = :model"
           " and (r.state = 'waiting' or (r.state = 'claimed' and r.lease_until < :now))"
           " order by t.served, r.id limit 1" +
               locking,
        use(model), use(time), into(turn.story), into(turn.request);
    if (!sql.got_data()) return std::nullopt;
    return turn;
}

struct Claimed {
    long long request = 0;
    long long story = 0;
};

std::vector<Claimed> claims_of(soci::session& sql, const std::string& server,
                               const std::string& locking) {
    std::vector<Claimed> claims;
    Claimed row;
    soci::statement rows =
        (sql.prepare << "select id, story from requests"
                        " where state = 'claimed' and claimed_by = :server order by id" +
                            locking,
         use(server), into(row.request), into(row.story));
    rows.execute();
    while (rows.fetch())
        claims.push_back(row);
    return claims;
}

}  // namespace

Error SociStore::missing_offer(OfferId id) const {
    return error(ErrorCode::not_found, "there is no offer " + std::to_string(key_of(id)));
}

Error SociStore::missing_request(RequestId id) const {
    return error(ErrorCode::not_found, "there is no request " + std::to_string(key_of(id)));
}

Error SociStore::lost_claim(const Claim& claim) const {
    return error(ErrorCode::conflict,
                 "request " + std::to_string(key_of(claim.request)) + " is not claimed by '" +
                     claim.server +
                     "' any more: it was cancelled or another server took it over; nothing of it"
                     " was kept");
}

Result<Unit> SociStore::check_redraw(const RequestRecord& request) {
    if (!request.redraw_of) return Unit{};
    const long long key = key_of(*request.redraw_of);
    long long story = 0;
    backend_->session() << "select story from offers where id = :id", use(key), into(story);
    const bool is_there = backend_->session().got_data() && story == key_of(request.story);
    return is_there ? Result<Unit>(Unit{}) : missing_offer(*request.redraw_of);
}

/// The one that is there already under the key of this one.
Result<std::optional<RequestRecord>> SociStore::known_request(const RequestRecord& request) {
    using Known = std::optional<RequestRecord>;
    const auto id = request_of_key(backend_->session(), request);
    if (!id) return Known();
    auto there = select_request(backend_->session(), *id);
    if (!there) return in_database(there.error());
    const Known& known = *there;
    if (known && known->body == request.body && known->parent == request.parent &&
        known->redraw_of == request.redraw_of)
        return there;
    return error(ErrorCode::conflict, "request " + std::to_string(key_of(*id)) +
                                          " of this story has the same key and asks for"
                                          " something else");
}

Result<RequestRecord> SociStore::add_request(const RequestRecord& request, std::size_t most_open) {
    using Added = Result<RequestRecord>;
    if (const auto good = check_request(request, "request"); !good)
        return in_database(good.error());
    return transact<RequestRecord>(Access::write, [&](soci::session& sql) -> Added {
        if (auto good = require_passage(request.story, request.parent); !good) return good.error();
        if (auto good = check_redraw(request); !good) return good.error();
        const auto known = known_request(request);
        if (!known) return known.error();
        if (*known) return **known;
        const std::size_t n_open = count_open(sql, "");
        if (n_open >= most_open) {
            return error(ErrorCode::exhausted, std::to_string(n_open) +
                                                   " requests wait already, at most " +
                                                   std::to_string(most_open) + " may");
        }
        RequestRecord kept = request;
        kept.id = RequestId{next_of(sql, "request")};
        insert_request(sql, kept);
        count_request_change(sql, kept.story);
        const auto added = select_request(sql, kept.id);
        if (!added) return in_database(added.error());
        if (!*added) return missing_request(kept.id);
        return **added;
    });
}

Result<std::optional<RequestRecord>> SociStore::claim_request(const std::string& server,
                                                              const std::string& model,
                                                              Timestamp now, Timestamp until) {
    using Given = std::optional<RequestRecord>;
    if (const auto good = check_text(server, "server", max_name_bytes); !good)
        return in_database(good.error());
    // Looked at first, without any lock: servers ask all the time, and mostly there is nothing.
    const auto is_any = transact<bool>(Access::read, [&](soci::session& sql) -> Result<bool> {
        return next_turn(sql, model, now, "").has_value();
    });
    if (!is_any) return is_any.error();
    if (!*is_any) return Given();
    return transact<Given>(Access::claim, [&](soci::session& sql) -> Result<Given> {
        const auto turn = next_turn(sql, model, now, backend_->for_update_skipping("t", "r"));
        if (!turn) return Given();
        const auto lease = static_cast<long long>(until);
        sql << "update requests set state = 'claimed', claimed_by = :server,"
               " lease_until = :until, attempts = attempts + 1 where id = :id",
            use(server), use(lease), use(turn->request);
        sql << "update turns set changes = changes + 1,"
               " served = (select max(served) + 1 from turns) where story = :story",
            use(turn->story);
        auto claimed = select_request(sql, RequestId{turn->request});
        if (!claimed) return in_database(claimed.error());
        return *claimed;
    });
}

Result<std::vector<RequestId>> SociStore::renew_claims(const std::string& server, Timestamp until) {
    using Ids = std::vector<RequestId>;
    return transact<Ids>(Access::queue, [&](soci::session& sql) -> Result<Ids> {
        const auto lease = static_cast<long long>(until);
        Ids ids;
        for (const Claimed& each : claims_of(sql, server, backend_->for_update("requests"))) {
            sql << "update requests set lease_until = :until where id = :id", use(lease),
                use(each.request);
            ids.push_back(RequestId{each.request});
        }
        return ids;
    });
}

Result<Unit> SociStore::finish(const Claim& claim, const End& end) {
    soci::session& sql = backend_->session();
    const long long id = key_of(claim.request);
    const long long story = key_of(end.story);
    const std::string state = name_of(end.offer ? RequestState::done : RequestState::failed);
    const long long offer = end.offer ? key_of(*end.offer) : 0;
    soci::indicator has_offer = end.offer ? soci::i_ok : soci::i_null;
    const auto time = static_cast<long long>(end.time);
    soci::statement update =
        (sql.prepare << "update requests set state = :state, claimed_by = '', lease_until = 0,"
                        " offer = :offer, error = :error, finished = :time"
                        " where id = :id and story = :story and state = 'claimed'"
                        " and claimed_by = :server",
         use(state), use(offer, has_offer), use(end.error), use(time), use(id), use(story),
         use(claim.server));
    update.execute(true);
    if (update.get_affected_rows() == 0) return lost_claim(claim);
    count_request_change(sql, end.story);
    return Unit{};
}

Result<Unit> SociStore::fail_request(const Claim& claim, const std::string& error, Timestamp time) {
    return transact<Unit>(Access::write, [&](soci::session& sql) -> Result<Unit> {
        const auto there = select_request(sql, claim.request);
        if (!there) return in_database(there.error());
        if (!*there) return missing_request(claim.request);
        return finish(claim, {(*there)->story, std::nullopt, kept_error(error), time});
    });
}

Result<Unit> SociStore::release_claims(const std::string& server) {
    return transact<Unit>(Access::write, [&](soci::session& sql) -> Result<Unit> {
        for (const Claimed& each : claims_of(sql, server, backend_->for_update("requests"))) {
            sql << "update requests set state = 'waiting', claimed_by = '', lease_until = 0"
                   " where id = :id",
                use(each.request);
            count_request_change(sql, StoryId{each.story});
        }
        return Unit{};
    });
}

Result<RequestRecord> SociStore::cancel_request(RequestId id, Timestamp time) {
    using Before = Result<RequestRecord>;
    return transact<RequestRecord>(Access::write, [&](soci::session& sql) -> Before {
        const auto before = select_request(sql, id, backend_->for_update("requests"));
        if (!before) return in_database(before.error());
        if (!*before) return missing_request(id);
        if (!is_open(**before)) return **before;
        const long long key = key_of(id);
        const auto finished = static_cast<long long>(time);
        sql << "update requests set state = 'cancelled', claimed_by = '', lease_until = 0,"
               " finished = :time where id = :id",
            use(finished), use(key);
        count_request_change(sql, (*before)->story);
        return **before;
    });
}

Result<RequestRecord> SociStore::request(RequestId id) {
    return transact<RequestRecord>(Access::read, [&](soci::session& sql) -> Result<RequestRecord> {
        const auto there = select_request(sql, id);
        if (!there) return in_database(there.error());
        if (!*there) return missing_request(id);
        return **there;
    });
}

Result<std::vector<RequestRecord>> SociStore::open_requests(StoryId story) {
    using Requests = std::vector<RequestRecord>;
    return transact<Requests>(Access::read, [&](soci::session& sql) -> Result<Requests> {
        if (!has_story(story)) return missing_story(story);
        auto requests = select_open_requests(sql, story);
        if (!requests) return in_database(requests.error());
        return requests;
    });
}

Result<std::size_t> SociStore::n_open_requests(const std::string& model) {
    return transact<std::size_t>(Access::read, [&](soci::session& sql) -> Result<std::size_t> {
        return count_open(sql, model);
    });
}

Result<std::size_t> SociStore::forget_requests(Timestamp before) {
    return transact<std::size_t>(Access::queue, [&](soci::session& sql) -> Result<std::size_t> {
        const auto time = static_cast<long long>(before);
        soci::statement gone =
            (sql.prepare << "delete from requests where state in"
                            " ('done', 'failed', 'cancelled') and finished < :time",
             use(time));
        gone.execute(true);
        return static_cast<std::size_t>(std::max<long long>(gone.get_affected_rows(), 0));
    });
}

}  // namespace fabula::store
