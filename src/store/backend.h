// SPDX-License-Identifier: 0BSD
// What the queries need to know of the database below them: everything that standard SQL does not
// say. One backend a database kind; the queries (soci_store) are the same over all of them.
#pragma once

#include "store/store.h"

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace soci {
class session;
}

namespace fabula::store {

/// How long to wait for another writer, and whom to tell.
struct Waiting {
    int wait_ms = 10000;
    std::function<void(std::string_view)> on_wait;
};

/// What a transaction is for.
enum class Access {
    read,   // sees one state throughout
    write,  // no other `write` can interleave with it
    queue,  // changes single requests; where the database can, waits for nobody's `write`
    claim,  // as `queue`; no other `claim` can interleave with it
};

class Backend {
public:
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;
    virtual ~Backend() = default;

    /// The open connection, until the next `begin`; its schema is the newest.
    virtual soci::session& session() = 0;

    /// "database 'x.db'": how messages begin.
    virtual std::string name() const = 0;

    /// Begins a transaction, over a new connection where the old one broke; none is open where that
    /// fails. Errors: unavailable, above all (busy, no connection).
    virtual Result<Unit> begin(Access access) = 0;

    /// What to put behind a `select` whose rows of the table `alias` are about to be changed:
    /// others who change them wait, or
    virtual std::string for_update(const char* alias) const = 0;
    /// ... the rows that others are changing are passed over, of both tables.
    virtual std::string for_update_skipping(const char* alias, const char* other) const = 0;

    /// What an exception of SOCI, or of the standard library, means to a caller.
    virtual Error explain(const std::exception& failure) const = 0;

    /// Rewrites the files so that removed rows are nowhere in them. Outside of transactions only.
    virtual Result<Unit> erase_traces() = 0;

    /// The database's own check.
    virtual Result<Store::Health> health() = 0;

protected:
    Backend() = default;
};

/// The store over that backend.
std::unique_ptr<Store> make_store(std::unique_ptr<Backend> backend);

}  // namespace fabula::store
