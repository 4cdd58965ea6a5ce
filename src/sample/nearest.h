// SPDX-License-Identifier: 0BSD
// "Did you mean ...?": the known name that is fewest slips away from what somebody typed.
#pragma once

#include "base/result.h"

#include <span>
#include <string_view>

namespace fabula::sample {

/// The name in `known` with the smallest edit distance to `typed` (insert, delete, replace, swap of
/// neighbours; dashes count as underscores), "" where none is within a third of its length. The
/// first of equals. Source: F. Damerau, 1964; the restricted distance ("optimal string alignment").
std::string_view nearest(std::string_view typed, std::span<const std::string_view> known);

/// invalid_input: "unknown setting 'top-q': did you mean 'top_p'?", or all of `known` where none is
/// near.
Error unknown_name(std::string_view kind, std::string_view typed,
                   std::span<const std::string_view> known);

}  // namespace fabula::sample
