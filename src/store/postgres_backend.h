// SPDX-License-Identifier: 0BSD
// One PostgreSQL database: the connection, which is opened again where it broke, the locks that
// keep writers apart, what its error codes mean, and the schema. It knows no story. Threads: one at
// a time.
#pragma once

#include "store/backend.h"
#include "store/migrations.h"
#include "store/postgres_address.h"

#include <memory>
#include <span>
#include <string>

namespace fabula::store {

class PostgresBackend final : public Backend {
public:
    /// Connects and brings the database to the newest of `steps`. Errors: as `open_postgres`.
    static Result<std::unique_ptr<PostgresBackend>> open(const std::string& url, Waiting waiting,
                                                         std::span<const Migration> steps);
    /// The schema that the database has, 0 where it is empty; changes nothing. Errors: likewise.
    static Result<int> version_of(const std::string& url, int wait_ms);
    PostgresBackend(const PostgresBackend&) = delete;
    PostgresBackend& operator=(const PostgresBackend&) = delete;
    ~PostgresBackend() override;

    soci::session& session() override { return *session_; }
    std::string name() const override;
    Result<Unit> begin(Access access) override;
    std::string for_update(const char* alias) const override;
    std::string for_update_skipping(const char* alias, const char* other) const override;
    Error explain(const std::exception& failure) const override;
    Result<Unit> erase_traces() override;
    Result<Store::Health> health() override;

private:
    PostgresBackend(PostgresAddress address, Waiting waiting);

    /// Connected to a server that will do.
    static Result<std::unique_ptr<PostgresBackend>> reached(const std::string& url,
                                                            Waiting waiting);
    /// A new connection, with what is set for each.
    Result<Unit> connect();
    bool is_connected() const;
    Result<Unit> begin_once(Access access);
    /// Begins a transaction and takes the lock that `lock` takes; who holds it is waited for.
    Result<Unit> begin_locked(const char* lock);
    /// False where the lock was not free within that time.
    Result<bool> begin_within(const char* lock, int wait_ms);
    void undo();

    Result<Unit> check_server();
    /// 0 for an empty database. Errors: invalid_input for another program's database.
    Result<int> schema_version();
    Result<int> known_version(std::size_t newest);
    Result<Unit> migrate(std::span<const Migration> steps);
    Result<bool> migrate_once(std::span<const Migration> steps);
    Result<Unit> apply(const Migration& step, int version);
    Result<Unit> finish_erasing();
    std::string advice();

    Error error(ErrorCode code, const std::string& what) const;
    Error explain_state(const std::string& state, const std::string& detail) const;
    /// SQL without a result.
    Result<Unit> run(const std::string& statement);
    Result<long long> number(const std::string& query);
    std::string setting(const std::string& name);

    PostgresAddress address_;
    Waiting waiting_;
    std::unique_ptr<soci::session> session_;
};

}  // namespace fabula::store
