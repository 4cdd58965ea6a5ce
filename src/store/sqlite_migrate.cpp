// SPDX-License-Identifier: 0BSD
#include "store/file_path.h"
#include "store/sqlite_backend.h"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace fabula::store {
namespace {

struct CloseDatabase {
    void operator()(sqlite_api::sqlite3* database) const { sqlite_api::sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite_api::sqlite3, CloseDatabase>;

/// An SQLite code.
int open_database(const std::string& path, Database& database) {
    sqlite_api::sqlite3* opened = nullptr;
    const int code =
        sqlite_api::sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
    database.reset(opened);
    return code;
}

/// Copies the main database of `from` into that of `to`. An SQLite code.
int copy_pages(sqlite_api::sqlite3* from, sqlite_api::sqlite3* to) {
    sqlite_api::sqlite3_backup* backup = sqlite_api::sqlite3_backup_init(to, "main", from, "main");
    if (backup == nullptr) return sqlite_api::sqlite3_errcode(to);
    sqlite_api::sqlite3_backup_step(backup, -1);
    return sqlite_api::sqlite3_backup_finish(backup);
}

}  // namespace

Result<int> SqliteBackend::schema_version() {
    const auto n_objects = number("select count(*) from sqlite_master");
    if (!n_objects) return n_objects.error();
    if (*n_objects == 0) return 0;
    const auto is_ours = number(
        "select count(*) from sqlite_master where type = 'table' and name = 'fabula_schema'");
    if (!is_ours) return is_ours.error();
    if (*is_ours == 0) {
        return error(ErrorCode::invalid_input,
                     "it belongs to another program; it was left as it is");
    }
    const auto version = number("select coalesce(max(version), -1) from fabula_schema");
    if (!version) return version.error();
    if (*version < 0 || *version > 1'000'000) {
        return error(ErrorCode::corrupt, "it is damaged (no schema number)");
    }
    return static_cast<int>(*version);
}

Result<int> SqliteBackend::known_version(std::size_t newest) {
    auto version = schema_version();
    if (version && static_cast<std::size_t>(*version) > newest) {
        return error(ErrorCode::invalid_input,
                     "its schema " + std::to_string(*version) + " is newer than " +
                         std::to_string(newest) +
                         ", the newest that this fabula knows; use a newer fabula");
    }
    return version;
}

Result<Unit> SqliteBackend::migrate(std::span<const Migration> steps) {
    // The quick way takes no lock, so that reading works while another process writes.
    auto version = known_version(steps.size());
    if (!version) return version.error();
    if (static_cast<std::size_t>(*version) == steps.size()) return Unit{};
    // A migration may rebuild tables that others refer to; references are checked at its end
    // instead.
    if (auto good = run("pragma foreign_keys = off"); !good) return good;
    for (bool is_done = false; !is_done;) {
        const auto step = migrate_once(steps);
        if (!step) return step.error();
        is_done = *step;
    }
    return run("pragma foreign_keys = on");
}

/// One step in one transaction, or all of them for a new database; true when there was nothing to
/// do.
Result<bool> SqliteBackend::migrate_once(std::span<const Migration> steps) {
    if (auto good = run("begin immediate"); !good) return good.error();
    // Asked again under the lock: another process may have migrated while this one waited.
    const auto version = known_version(steps.size());
    Result<Unit> done = Unit{};
    bool is_newest = false;
    std::string copy;
    if (!version) {
        done = version.error();
    } else if (static_cast<std::size_t>(*version) == steps.size()) {
        is_newest = true;
    } else if (*version == 0) {
        for (std::size_t i = 0; done && i < steps.size(); ++i) {
            done = apply(steps[i], static_cast<int>(i) + 1);
        }
    } else {
        copy = path_ + ".backup-v" + std::to_string(*version);
        done = back_up(copy);
        if (done) done = apply(steps[static_cast<std::size_t>(*version)], *version + 1);
    }
    if (done) done = run("commit");
    if (done) return is_newest;
    // No rollback here: whoever opens closes the connection on an error, and that undoes what is
    // left.
    if (copy.empty()) return done.error();
    return Error{done.error().code, done.error().message + "; the migration to schema " +
                                        std::to_string(*version + 1) +
                                        " was undone, nothing has changed"};
}

Result<Unit> SqliteBackend::apply(const Migration& step, int version) {
    for (const std::vector<std::string>* statements : {&step.standard, &step.sqlite}) {
        for (const std::string& statement : *statements) {
            if (auto good = run(statement); !good) return good;
        }
    }
    if (auto good = run("update fabula_schema set version = " + std::to_string(version)); !good) {
        return good;
    }
    const auto broken = number("select count(*) from pragma_foreign_key_check");
    if (!broken) return broken.error();
    if (*broken != 0) {
        return error(ErrorCode::corrupt,
                     std::to_string(*broken) + " rows refer to rows that are missing");
    }
    return Unit{};
}

Result<Unit> SqliteBackend::back_up(const std::string& target) {
    // Under another name until it is whole: a backup that is there can be relied on.
    const std::string draft = target + ".part";
    if (::unlink(draft.c_str()) != 0 && errno != ENOENT) return explain_errno(draft, errno);
    if (auto ready = prepare_file(draft); !ready) return ready;
    struct stat status {};
    if (::stat(path_.c_str(), &status) == 0 && ::chmod(draft.c_str(), status.st_mode & 0777) != 0) {
        return explain_errno(draft, errno);
    }
    // Read through a connection of its own: SQLite copies no database that has begun to write, as
    // this session has, to keep others out.
    Database from;
    Database to;
    int code = open_database(path_, from);
    if (code == SQLITE_OK) code = open_database(draft, to);
    if (code == SQLITE_OK) code = copy_pages(from.get(), to.get());
    const int fault = code == SQLITE_OK ? 0 : sqlite_api::sqlite3_system_errno(to.get());
    to.reset();
    if (code != SQLITE_OK) {
        ::unlink(draft.c_str());
        if (fault != 0) return explain_errno(draft, fault);
        return explain_code(code, "no backup could be made");
    }
    if (std::rename(draft.c_str(), target.c_str()) != 0) return explain_errno(target, errno);
    return sync_folder_of(target);
}

}  // namespace fabula::store
