// SPDX-License-Identifier: 0BSD
#include "store/postgres_backend.h"

#include <soci/soci.h>

namespace fabula::store {
namespace {

constexpr long long oldest_server = 120000;  // PostgreSQL 12

// What lies in the schema that new tables would go to, what belongs to extensions aside.
const std::string objects =
    " from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
    " where n.nspname = current_schema() and c.relkind in ('r', 'p', 'v', 'm', 'f')"
    " and not exists (select 1 from pg_catalog.pg_depend d"
    " where d.objid = c.oid and d.deptype = 'e')";

}  // namespace

Result<Unit> PostgresBackend::check_server() {
    const auto version = number("select cast(current_setting('server_version_num') as bigint)");
    if (!version) return version.error();
    if (*version < oldest_server) {
        return error(ErrorCode::invalid_input,
                     "its server is older than PostgreSQL 12; use a newer one");
    }
    try {
        const std::string encoding = setting("server_encoding");
        if (encoding == "UTF8") return Unit{};
        return error(ErrorCode::invalid_input,
                     "its encoding is " + encoding +
                         "; make one with `create database NAME encoding 'UTF8' template"
                         " template0`");
    } catch (const std::exception& failure) {
        return explain(failure);
    }
}

Result<int> PostgresBackend::schema_version() {
    const auto n_objects = number("select count(*)" + objects);
    if (!n_objects) return n_objects.error();
    if (*n_objects == 0) return 0;
    const auto is_ours = number("select count(*)" + objects + " and c.relname = 'fabula_schema'");
    if (!is_ours) return is_ours.error();
    if (*is_ours == 0) {
        return error(ErrorCode::invalid_input,
                     "it belongs to another program; it was left as it is: make a database for"
                     " fabula alone");
    }
    const auto version = number("select coalesce(max(version), -1) from fabula_schema");
    if (!version) return version.error();
    if (*version < 0 || *version > 1'000'000)
        return error(ErrorCode::corrupt, "it is damaged (no schema number)");
    return static_cast<int>(*version);
}

Result<int> PostgresBackend::known_version(std::size_t newest) {
    auto version = schema_version();
    if (version && static_cast<std::size_t>(*version) > newest) {
        return error(ErrorCode::invalid_input,
                     "its schema " + std::to_string(*version) + " is newer than " +
                         std::to_string(newest) +
                         ", the newest that this fabula knows; use a newer fabula");
    }
    return version;
}

Result<Unit> PostgresBackend::migrate(std::span<const Migration> steps) {
    // The quick way takes no lock, so that reading works while another process writes.
    const auto version = known_version(steps.size());
    if (!version) return version.error();
    if (static_cast<std::size_t>(*version) == steps.size()) return Unit{};
    for (bool is_done = false; !is_done;) {
        const auto step = migrate_once(steps);
        if (!step) return step.error();
        is_done = *step;
    }
    return Unit{};
}

/// One step in one transaction, or all of them for a new database; true when there was nothing to
/// do.
Result<bool> PostgresBackend::migrate_once(std::span<const Migration> steps) {
    if (auto good = begin(Access::write); !good) return good.error();
    // Asked again under the lock: another process may have migrated while this one waited.
    const auto version = known_version(steps.size());
    Result<Unit> done = Unit{};
    bool is_newest = false;
    if (!version) {
        done = version.error();
    } else if (static_cast<std::size_t>(*version) == steps.size()) {
        is_newest = true;
    } else if (*version == 0) {
        for (std::size_t i = 0; done && i < steps.size(); ++i)
            done = apply(steps[i], static_cast<int>(i) + 1);
    } else {
        done = apply(steps[static_cast<std::size_t>(*version)], *version + 1);
    }
    if (done) done = run("commit");
    if (done) return is_newest;
    // No rollback here: whoever opens closes the connection on an error, and that undoes what is
    // left.
    if (!version || *version == 0) return done.error();
    return Error{done.error().code, done.error().message + "; the migration to schema " +
                                        std::to_string(*version + 1) +
                                        " was undone, nothing has changed"};
}

Result<Unit> PostgresBackend::apply(const Migration& step, int version) {
    for (const std::vector<std::string>* statements : {&step.standard, &step.postgres}) {
        for (const std::string& statement : *statements) {
            if (auto good = run(statement); !good) return good;
        }
    }
    return run("update fabula_schema set version = " + std::to_string(version));
}

}  // namespace fabula::store
