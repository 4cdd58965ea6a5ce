// SPDX-License-Identifier: 0BSD
#include "store/sqlite_backend.h"

#include "store/file_path.h"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

namespace fabula::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Shorter waits are the ordinary course of two writers and nobody's concern.
constexpr milliseconds quiet_wait{200};

sqlite_api::sqlite3*& handle_of(soci::session& session) {
    return static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
}

}  // namespace

SqliteBackend::SqliteBackend(std::string path, Waiting waiting)
    : path_(std::move(path)), waiting_(std::move(waiting)) {}

SqliteBackend::~SqliteBackend() = default;

std::string SqliteBackend::name() const {
    return one_line("database '" + path_ + "'");
}

Result<std::unique_ptr<SqliteBackend>> SqliteBackend::open(const std::string& path, Waiting waiting,
                                                           std::span<const Migration> steps) {
    if (auto ready = prepare_file(path); !ready) return ready.error();
    if (auto good = check_magic(path); !good) return good.error();
    std::unique_ptr<SqliteBackend> backend(new SqliteBackend(path, std::move(waiting)));
    if (auto good = backend->connect(); !good) return good.error();
    // Looked at before anything is written: what is not ours stays as it is.
    if (const auto version = backend->known_version(steps.size()); !version) {
        return version.error();
    }
    if (auto good = backend->turn_on_wal(); !good) return good.error();
    if (auto good = backend->migrate(steps); !good) return good.error();
    if (auto good = backend->finish_erasing(); !good) return good.error();
    return backend;
}

Result<Unit> SqliteBackend::connect() {
    try {
        // SOCI's connection string cannot carry every file name (quotes, '='), nor open flags; so
        // the session is opened on nothing and then given a handle of our own making.
        session_ = std::make_unique<soci::session>(soci::sqlite3, ":memory:");
        sqlite_api::sqlite3*& handle = handle_of(*session_);
        sqlite_api::sqlite3_close(std::exchange(handle, nullptr));
        const int code =
            sqlite_api::sqlite3_open_v2(path_.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr);
        if (code != SQLITE_OK) return explain_code(code, "it cannot be opened");
        sqlite_api::sqlite3_extended_result_codes(handle, 1);
        sqlite_api::sqlite3_busy_handler(handle, &wait_for_writer, this);
        if (sqlite_api::sqlite3_db_readonly(handle, "main") == 1) {
            return explain_code(SQLITE_READONLY, "");
        }
    } catch (const std::exception& failure) {
        return explain(failure);
    }
    // Half a megabyte of pages: the system keeps the file in its own cache, and a server has
    // several connections, each of which would come to hold two in pieces all over the heap.
    for (const char* pragma :
         {"pragma synchronous = full", "pragma foreign_keys = on", "pragma trusted_schema = off",
          "pragma temp_store = memory", "pragma cache_size = -512"}) {
        if (auto good = run(pragma); !good) return good;
    }
    if (auto mode = number("pragma secure_delete = on"); !mode) return mode.error();
    return Unit{};
}

Result<Unit> SqliteBackend::turn_on_wal() {
    // SQLite does not always ask its busy handler here: two processes that open a new database at
    // the same moment would deadlock, so one of them is told "busy" at once and comes again.
    const auto deadline = steady_clock::now() + milliseconds(waiting_.wait_ms);
    for (int times = 0;; ++times) {
        try {
            std::string mode;
            *session_ << "pragma journal_mode = wal", soci::into(mode);
            if (mode == "wal") return Unit{};
            return error(ErrorCode::unavailable,
                         "its file system cannot hold a write-ahead log; name another place");
        } catch (const soci::sqlite3_soci_error& failure) {
            const bool is_busy = (failure.result() & 0xFF) == SQLITE_BUSY;
            if (!is_busy || steady_clock::now() >= deadline) return explain(failure);
            if (wait_for_writer(this, times) == 0) return explain(failure);
        } catch (const std::exception& failure) {
            return explain(failure);
        }
    }
}

int SqliteBackend::wait_for_writer(void* backend, int times) {
    auto& self = *static_cast<SqliteBackend*>(backend);
    const auto now = steady_clock::now();
    if (times == 0) {
        self.wait_began_ = now;
        self.has_told_ = false;
    }
    const milliseconds limit(self.waiting_.wait_ms);
    const auto waited = now - self.wait_began_;
    if (waited >= limit) return 0;
    if (!self.has_told_ && waited >= std::min(quiet_wait, limit / 2)) {
        self.has_told_ = true;
        if (self.waiting_.on_wait) {
            self.waiting_.on_wait(
                one_line("waiting for another fabula that writes to '" + self.path_ + "'"));
        }
    }
    std::this_thread::sleep_for(milliseconds(std::min(25, 1 + times)));
    return 1;
}

Result<Unit> SqliteBackend::begin(Access access) {
    // A deferred transaction that reads first and writes later fails, without any waiting, when
    // another process has written in between; so the write lock is taken at once.
    return run(access == Access::read ? "begin" : "begin immediate");
}

Result<Unit> SqliteBackend::run(const std::string& statement) {
    try {
        *session_ << statement;
        return Unit{};
    } catch (const std::exception& failure) {
        return explain(failure);
    }
}

Result<long long> SqliteBackend::number(const std::string& query) {
    try {
        long long value = 0;
        *session_ << query, soci::into(value);
        return value;
    } catch (const std::exception& failure) {
        return explain(failure);
    }
}

Result<Unit> SqliteBackend::erase_traces() {
    // Zeroing what is deleted (secure_delete) is not enough: when cells move between pages, copies
    // stay in the gaps. A vacuum writes every page anew; the truncating checkpoint then empties the
    // log.
    if (auto good = run("vacuum"); !good) return good;
    const auto is_busy = number("pragma wal_checkpoint(truncate)");
    if (!is_busy) return is_busy.error();
    if (*is_busy != 0) {
        return error(ErrorCode::unavailable,
                     "another fabula still reads it, so old pages could not be erased");
    }
    return run("update counters set value = 0 where name = 'erase_pending'");
}

Result<Unit> SqliteBackend::finish_erasing() {
    const auto pending = number("select value from counters where name = 'erase_pending'");
    if (!pending) return pending.error();
    if (*pending == 0) return Unit{};
    // Somebody else may be at work here, or the disk be full: nobody waits for that, and nobody is
    // kept from reading by it. The mark stays, and a later open comes back to it.
    const int wait_ms = std::exchange(waiting_.wait_ms, 0);
    auto erased = erase_traces();
    waiting_.wait_ms = wait_ms;
    const bool may_wait = !erased && (erased.error().code == ErrorCode::unavailable ||
                                      erased.error().code == ErrorCode::exhausted);
    if (may_wait) return Unit{};
    return erased;
}

Result<Store::Health> SqliteBackend::health() {
    Store::Health health;
    health.where = path_;
    for (const char* suffix : {"", "-wal"}) {
        std::error_code missing;
        const auto size = std::filesystem::file_size(path_ + suffix, missing);
        if (!missing) health.size_bytes += size;
    }
    const auto version = schema_version();
    if (!version) {
        health.findings = version.error().message;
        return health;
    }
    health.schema = *version;
    try {
        std::string line;
        soci::statement rows =
            (session_->prepare << "pragma integrity_check(20)", soci::into(line));
        rows.execute();
        while (rows.fetch()) {
            if (line != "ok") health.findings += (health.findings.empty() ? "" : "; ") + line;
        }
        long long broken = 0;
        *session_ << "select count(*) from pragma_foreign_key_check", soci::into(broken);
        if (broken > 0) {
            health.findings += (health.findings.empty() ? "" : "; ") + std::to_string(broken) +
                               " rows refer to rows that are missing";
        }
        health.is_sound = health.findings.empty();
    } catch (const std::exception& failure) {
        health.findings = explain(failure).message;
    }
    health.findings = one_line(health.findings);
    return health;
}

Error SqliteBackend::error(ErrorCode code, const std::string& what) const {
    return {code, one_line(name() + ": " + what)};
}

Error SqliteBackend::explain(const std::exception& failure) const {
    if (const auto* known = dynamic_cast<const soci::sqlite3_soci_error*>(&failure)) {
        // The message without SOCI's context, which would quote the words of the story.
        std::string detail = known->get_error_message();
        const std::size_t prefix = detail.rfind("sqlite3_statement_backend::", 0);
        const std::size_t colon = detail.find(": ");
        if (prefix == 0 && colon != std::string::npos) detail = detail.substr(colon + 2);
        return explain_code(known->result(), detail);
    }
    if (const auto* known = dynamic_cast<const soci::soci_error*>(&failure)) {
        return error(ErrorCode::corrupt, "it is damaged (" + known->get_error_message() + ")");
    }
    if (dynamic_cast<const std::bad_alloc*>(&failure) != nullptr) {
        return error(ErrorCode::exhausted, "there is not enough memory");
    }
    return error(ErrorCode::corrupt, "it is damaged (" + std::string(failure.what()) + ")");
}

Error SqliteBackend::explain_code(int code, const std::string& detail) const {
    switch (code & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
            return error(ErrorCode::unavailable, "another fabula has been writing to it for " +
                                                     std::to_string(waiting_.wait_ms) +
                                                     " ms; try again when that one is done");
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return explain_errno(path_, ::access(path_.c_str(), W_OK) == 0 ? EACCES : errno);
        case SQLITE_FULL:
            return explain_errno(path_, ENOSPC);
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
            return explain_io(code, detail);
        case SQLITE_NOMEM:
            return error(ErrorCode::exhausted, "there is not enough memory");
        case SQLITE_TOOBIG:
            return error(ErrorCode::exhausted, "a text is longer than SQLite keeps");
        case SQLITE_NOTADB:
            return error(ErrorCode::corrupt, "it is not a database");
        case SQLITE_CONSTRAINT:
            return error(ErrorCode::conflict, detail);
        default:
            return error(ErrorCode::corrupt,
                         "it is damaged (" + detail + "); restore it from a copy");
    }
}

int SqliteBackend::last_errno() const {
    sqlite_api::sqlite3* handle = handle_of(*session_);
    if (const int fault = sqlite_api::sqlite3_system_errno(handle); fault != 0) return fault;
    // A commit that fails to write leaves its reason with the file, here the log.
    int fault = 0;
    sqlite_api::sqlite3_file* log = nullptr;
    sqlite_api::sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER,
                                     static_cast<void*>(&log));
    if (log != nullptr && log->pMethods != nullptr) {
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &fault);
    }
    if (fault == 0) {
        sqlite_api::sqlite3_file_control(handle, "main", SQLITE_FCNTL_LAST_ERRNO, &fault);
    }
    return fault;
}

Error SqliteBackend::explain_io(int code, const std::string& detail) const {
    if (code == SQLITE_IOERR_CORRUPTFS || code == SQLITE_IOERR_DATA) {
        return error(ErrorCode::corrupt, "it is damaged (" + detail + "); restore it from a copy");
    }
    const int fault = last_errno();
    if (fault != 0) return explain_errno(path_, fault);
    return error(
        ErrorCode::unavailable,
        "it cannot be read or written (" + detail +
            "); allow yourself to write the file and its folder, or name another database");
}

}  // namespace fabula::store
