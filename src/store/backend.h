// SPDX-License-Identifier: 0BSD
// What the queries need to know of the database below them: everything that standard SQL does not
// say. One backend a database kind; the queries (soci_store) are the same over all of them.
#pragma once

#include "store/store.h"

#include <exception>
#include <memory>
#include <string>

namespace soci {
class session;
}

namespace fabula::store {

class Backend {
public:
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;
    virtual ~Backend() = default;

    /// The open connection; its schema is the newest.
    virtual soci::session& session() = 0;

    /// "database 'x.db'": how messages begin.
    virtual std::string name() const = 0;

    /// SQL that begins a transaction which sees one state throughout.
    virtual const char* begin_read() const = 0;
    /// SQL that begins a transaction which no other writer can interleave with.
    virtual const char* begin_write() const = 0;

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
