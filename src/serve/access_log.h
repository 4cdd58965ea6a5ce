// SPDX-License-Identifier: 0BSD
// One line of JSON a request. Nothing that somebody wrote is in it: the pattern of the route stands
// for the path, and no query, body, header or token.
#pragma once

#include "base/clock.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace fabula::serve {

struct AccessRecord {
    std::string id;
    std::string method;  // "" where none could be read
    std::string route;   // "/api/v1/stories/{id}"; "" where none was found
    int status = 0;
    std::size_t n_bytes = 0;  // sent, or about to be
    std::int64_t milliseconds = 0;
    std::string remote;  // the address, without the port
};

/// Takes a line without its end. Called by several threads, by one at a time.
using LogSink = std::function<void(std::string_view line)>;

/// {"time":"2026-01-31T09:05:07.123Z","id":"...","method":"GET","route":"...","status":200,
/// "bytes":120,"ms":3,"remote":"127.0.0.1"}
std::string line_of(const AccessRecord& record, Timestamp time);

}  // namespace fabula::serve
