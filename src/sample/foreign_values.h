// SPDX-License-Identifier: 0BSD
// A preset of another program as a flat list of keys and values, before anything is made of it.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fabula::sample {

/// Anything else (objects, lists of lists, null) is `std::monostate`.
using ForeignValue = std::variant<std::monostate, bool, double, std::string,
                                  std::vector<std::string>, std::vector<double>>;
using ForeignValues = std::vector<std::pair<std::string, ForeignValue>>;

/// Errors: invalid_input for what is no object, or nested deeply. Never throws.
Result<ForeignValues> foreign_values_from_json(std::string_view text);
Result<ForeignValues> foreign_values_from_yaml(std::string_view text);

}  // namespace fabula::sample
