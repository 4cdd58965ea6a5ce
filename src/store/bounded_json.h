// SPDX-License-Identifier: 0BSD
// A first look at foreign JSON, before anything is built from it: is it well formed, shallow and
// small enough to be read at all. Needs no more memory than its deepest object has keys.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string_view>

namespace fabula::store {

struct JsonBounds {
    std::size_t size_bytes = 0;  // of the text
    std::size_t depth = 0;       // arrays and objects inside each other
    std::size_t values = 0;      // numbers, strings, arrays, ... altogether
};

/// Errors: invalid_input, when `json` is malformed, beyond `bounds`, or has a key
/// twice in one object. Never throws.
Result<Unit> check_bounds(std::string_view json, const JsonBounds& bounds);

}  // namespace fabula::store
