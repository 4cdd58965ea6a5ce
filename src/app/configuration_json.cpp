// SPDX-License-Identifier: 0BSD
#include "app/configuration.h"

#include <nlohmann/json.hpp>

namespace fabula::app {

Result<std::vector<std::string>> names_in_json(std::string_view json) {
    const auto parsed = nlohmann::json::parse(json, nullptr, false);
    if (!parsed.is_object()) return Error{ErrorCode::invalid_input, "no JSON object of settings"};
    std::vector<std::string> names;
    for (const auto& item : parsed.items())
        names.push_back(item.key());
    return names;
}

}  // namespace fabula::app
