// SPDX-License-Identifier: 0BSD
// What settings as JSON look like, for programs that check them: made from the table of fields.
#pragma once

#include <string>

namespace fabula::sample {

/// The JSON Schema (2020-12, which OpenAPI 3.1 uses) of what settings_from_json() takes, on one
/// line. What a schema cannot say is checked when they are read: that a pattern is one of RE2, that
/// a text is not white space alone, that penalty_alpha wants a top_k.
std::string settings_json_schema();

}  // namespace fabula::sample
