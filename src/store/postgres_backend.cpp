// SPDX-License-Identifier: 0BSD
#include "store/postgres_backend.h"

#include "store/file_path.h"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <algorithm>
#include <utility>

namespace fabula::store {
namespace {

// Shorter waits are the ordinary course of two writers and nobody's concern.
constexpr int quiet_wait_ms = 200;

// Advisory locks of this database: "fabu" and a number of ours.
constexpr const char* writers_lock = "select pg_advisory_xact_lock(1717658229, 1)";
constexpr const char* claims_lock = "select pg_advisory_xact_lock(1717658229, 2)";

constexpr const char* lock_timed_out = "55P03";

std::string in_ms(int wait_ms) {
    return "'" + std::to_string(std::max(1, wait_ms)) + "ms'";
}

}  // namespace

PostgresBackend::PostgresBackend(PostgresAddress address, Waiting waiting)
    : address_(std::move(address)), waiting_(std::move(waiting)) {}

PostgresBackend::~PostgresBackend() = default;

std::string PostgresBackend::name() const {
    return "database '" + address_.shown + "'";
}

Result<std::unique_ptr<PostgresBackend>> PostgresBackend::reached(const std::string& url,
                                                                  Waiting waiting) {
    auto address = parse_postgres_address(url, waiting.wait_ms);
    if (!address) return address.error();
    std::unique_ptr<PostgresBackend> backend(
        new PostgresBackend(std::move(*address), std::move(waiting)));
    if (auto good = backend->connect(); !good) return good.error();
    if (auto good = backend->check_server(); !good) return good.error();
    return backend;
}

Result<std::unique_ptr<PostgresBackend>> PostgresBackend::open(const std::string& url,
                                                               Waiting waiting,
                                                               std::span<const Migration> steps) {
    auto backend = reached(url, std::move(waiting));
    if (!backend) return backend.error();
    if (auto good = (*backend)->migrate(steps); !good) return good.error();
    if (auto good = (*backend)->finish_erasing(); !good) return good.error();
    return backend;
}

Result<int> PostgresBackend::version_of(const std::string& url, int wait_ms) {
    auto backend = reached(url, {wait_ms, {}});
    if (!backend) return backend.error();
    return (*backend)->schema_version();
}

Result<Unit> PostgresBackend::connect() {
    session_.reset();  // the old one first: a server may have few places
    try {
        session_ = std::make_unique<soci::session>(soci::postgresql, address_.conninfo);
        // A process that was stopped in the middle must not keep the others waiting for ever.
        *session_ << "set idle_in_transaction_session_timeout = '60s';"
                     " set statement_timeout = '300s'; set client_min_messages = error;"
                     " set lock_timeout = " +
                         in_ms(waiting_.wait_ms);
        // What a person chose is on disk before it is on the screen, whatever else the server is
        // for.
        if (setting("synchronous_commit") == "off") *session_ << "set synchronous_commit = on";
        return Unit{};
    } catch (const std::exception& failure) {
        return explain(failure);
    }
}

bool PostgresBackend::is_connected() const {
    if (!session_) return false;
    const auto* backend =
        static_cast<const soci::postgresql_session_backend*>(session_->get_backend());
    return backend != nullptr && backend->conn_ != nullptr &&
           PQstatus(backend->conn_) == CONNECTION_OK;
}

void PostgresBackend::undo() {
    if (is_connected()) static_cast<void>(run("rollback").has_value());
}

Result<Unit> PostgresBackend::begin(Access access) {
    const bool was_connected = is_connected();
    auto begun = begin_once(access);
    if (begun || !was_connected || is_connected()) return begun;
    // A connection that broke since the last call (the server was started anew) has done nothing
    // yet.
    return begin_once(access);
}

Result<Unit> PostgresBackend::begin_once(Access access) {
    if (!is_connected()) {
        if (auto good = connect(); !good) return good;
    }
    switch (access) {
        case Access::read:
            return run("begin isolation level repeatable read read only");
        case Access::queue:
            return run("begin isolation level read committed");
        case Access::write:
            return begin_locked(writers_lock);
        case Access::claim:
            return begin_locked(claims_lock);
    }
    return Unit{};
}

Result<Unit> PostgresBackend::begin_locked(const char* lock) {
    const int quiet = std::min(quiet_wait_ms, waiting_.wait_ms / 2);
    const auto at_once = begin_within(lock, quiet);
    if (!at_once) return at_once.error();
    if (*at_once) return Unit{};
    if (waiting_.on_wait)
        waiting_.on_wait("waiting for another fabula that writes to '" + address_.shown + "'");
    const auto later = begin_within(lock, waiting_.wait_ms - quiet);
    if (!later) return later.error();
    return *later ? Result<Unit>(Unit{}) : explain_state(lock_timed_out, "");
}

Result<bool> PostgresBackend::begin_within(const char* lock, int wait_ms) {
    try {
        *session_ << "begin isolation level read committed; set local lock_timeout = " +
                         in_ms(wait_ms) + "; " + lock +
                         "; set local lock_timeout = " + in_ms(waiting_.wait_ms);
        return true;
    } catch (const soci::postgresql_soci_error& failure) {
        const bool is_busy = failure.sqlstate() == lock_timed_out;
        const Error cause = explain(failure);
        undo();
        if (is_busy) return false;
        return cause;
    } catch (const std::exception& failure) {
        const Error cause = explain(failure);
        undo();
        return cause;
    }
}

std::string PostgresBackend::for_update(const char* alias) const {
    return std::string(" for update of ") + alias;
}

std::string PostgresBackend::for_update_skipping(const char* alias, const char* other) const {
    return std::string(" for update of ") + alias + ", " + other + " skip locked";
}

Result<Unit> PostgresBackend::run(const std::string& statement) {
    try {
        *session_ << statement;
        return Unit{};
    } catch (const std::exception& failure) {
        return explain(failure);
    }
}

Result<long long> PostgresBackend::number(const std::string& query) {
    try {
        long long value = 0;
        *session_ << query, soci::into(value);
        return value;
    } catch (const std::exception& failure) {
        return explain(failure);
    }
}

std::string PostgresBackend::setting(const std::string& name) {
    std::string value;
    *session_ << "select coalesce(current_setting(:name, true), '')", soci::use(name),
        soci::into(value);
    return value;
}

Result<Unit> PostgresBackend::erase_traces() {
    // Deleted rows stay in the pages until the tables are written anew. Each is locked meanwhile.
    if (auto good = run("set statement_timeout = 0"); !good) return good;
    auto erased =
        run("vacuum (full) stories, passages, offers, prompt_blocks, candidates, choices, ratings,"
            " moves, notes, requests");
    if (auto good = run("set statement_timeout = '300s'"); !good && erased) return good;
    if (!erased) return erased;
    return run("update counters set value = 0 where name = 'erase_pending'");
}

Result<Unit> PostgresBackend::finish_erasing() {
    const auto pending = number("select value from counters where name = 'erase_pending'");
    if (!pending) return pending.error();
    if (*pending == 0) return Unit{};
    // Nobody waits for that, and nobody is kept from reading by it: a later open comes back to it.
    if (auto good = run("set lock_timeout = '1ms'"); !good) return good;
    auto erased = erase_traces();
    if (auto good = run("set lock_timeout = " + in_ms(waiting_.wait_ms)); !good) return good;
    const bool may_wait = !erased && (erased.error().code == ErrorCode::unavailable ||
                                      erased.error().code == ErrorCode::exhausted);
    if (may_wait) return Unit{};
    return erased;
}

std::string PostgresBackend::advice() {
    std::string advice;
    const auto add = [&](const char* words) {
        advice += (advice.empty() ? "" : "; ") + std::string(words);
    };
    if (setting("fsync") == "off")
        add("fsync is off in the server: a power cut can lose and damage stories; turn it on");
    if (setting("full_page_writes") == "off")
        add("full_page_writes is off in the server: a power cut can damage stories; turn it on");
    std::string chosen;
    *session_ << "select reset_val from pg_settings where name = 'synchronous_commit'",
        soci::into(chosen);
    if (chosen == "off")
        add("synchronous_commit is off in the server; fabula turns it on for what it writes "
            "itself");
    return advice;
}

Result<Store::Health> PostgresBackend::health() {
    Store::Health health;
    health.where = address_.shown;
    if (!is_connected()) {
        if (auto good = connect(); !good) return good.error();
    }
    try {
        const auto version = schema_version();
        if (!version) {
            health.findings = version.error().message;
            return health;
        }
        health.schema = *version;
        const auto size = number("select pg_database_size(current_database())");
        if (size) health.size_bytes = static_cast<std::uint64_t>(*size);
        health.advice = advice();
        health.is_sound = true;
    } catch (const std::exception& failure) {
        health.findings = explain(failure).message;
    }
    return health;
}

}  // namespace fabula::store
