// SPDX-License-Identifier: 0BSD
// "postgresql://user:password@host:port/database": taken apart once, so that what people read of it
// never has the password.
#pragma once

#include "base/result.h"

#include <string>

namespace fabula::store {

struct PostgresAddress {
    std::string shown;     // the URL without password and options
    std::string conninfo;  // for libpq, with what Fabula asks of every connection
};

/// `wait_ms`: how long to wait for the server to answer. Errors: invalid_input, without a word of
/// the URL.
Result<PostgresAddress> parse_postgres_address(const std::string& url, int wait_ms);

}  // namespace fabula::store
