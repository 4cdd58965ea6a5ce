// SPDX-License-Identifier: 0BSD
// One SQLite database file: opening it with its pragmas, waiting for other writers, what its error
// codes mean, backups, and the erasing of removed rows. It knows no story. Threads: one at a time.
#pragma once

#include "store/backend.h"
#include "store/migrations.h"

#include <chrono>
#include <memory>
#include <span>
#include <string>

namespace fabula::store {

class SqliteBackend final : public Backend {
public:
    /// Opens or makes the file and brings it to the newest of `steps`. Errors: as `open_sqlite`.
    static Result<std::unique_ptr<SqliteBackend>> open(const std::string& path, Waiting waiting,
                                                       std::span<const Migration> steps);
    SqliteBackend(const SqliteBackend&) = delete;
    SqliteBackend& operator=(const SqliteBackend&) = delete;
    ~SqliteBackend() override;

    soci::session& session() override { return *session_; }
    std::string name() const override;
    Result<Unit> begin(Access access) override;
    // One writer at a time, so that no row is ever being changed by another.
    std::string for_update(const char*) const override { return ""; }
    std::string for_update_skipping(const char*, const char*) const override { return ""; }
    Error explain(const std::exception& failure) const override;
    Result<Unit> erase_traces() override;
    Result<Store::Health> health() override;

private:
    SqliteBackend(std::string path, Waiting waiting);

    Result<Unit> connect();
    Result<Unit> turn_on_wal();
    Result<Unit> finish_erasing();
    /// 0 for an empty database. Errors: invalid_input for another program's database.
    Result<int> schema_version();
    Result<int> known_version(std::size_t newest);
    Result<Unit> migrate(std::span<const Migration> steps);
    Result<bool> migrate_once(std::span<const Migration> steps);
    Result<Unit> apply(const Migration& step, int version);
    Result<Unit> back_up(const std::string& target);

    Error error(ErrorCode code, const std::string& what) const;
    Error explain_code(int code, const std::string& detail) const;
    Error explain_io(int code, const std::string& detail) const;
    /// Of the system call that failed behind SQLite's last error, or 0.
    int last_errno() const;
    /// SQL without a result.
    Result<Unit> run(const std::string& statement);
    Result<long long> number(const std::string& query);

    /// SQLite's busy handler: non-zero to try again.
    static int wait_for_writer(void* backend, int times);

    std::string path_;
    Waiting waiting_;
    std::chrono::steady_clock::time_point wait_began_;
    bool has_told_ = false;
    std::unique_ptr<soci::session> session_;  // last: closing it may still call wait_for_writer
};

}  // namespace fabula::store
