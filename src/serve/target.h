// SPDX-License-Identifier: 0BSD
// What stands between the method and the version of a request line: "/path?query", decoded. Pure
// functions over foreign bytes.
#pragma once

#include "base/result.h"

#include <map>
#include <string>
#include <string_view>

namespace fabula::serve {

struct Target {
    std::string path;                          // begins with '/'; UTF-8 without control characters
    std::map<std::string, std::string> query;  // UTF-8; of two of a name the last
};

/// Decodes a target in origin form. Refused with invalid_input: another form, a fragment, a broken
/// "%" sequence, what is no UTF-8, control characters in the path, NUL anywhere, and "%2F" (a slash
/// inside a segment), so that one path has one meaning. '+' is a space in the query only.
Result<Target> parse_target(std::string_view target);

}  // namespace fabula::serve
