// SPDX-License-Identifier: 0BSD
#include "sample/foreign_values.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <new>

namespace fabula::sample {
namespace {

using Json = nlohmann::ordered_json;

constexpr int deepest = 8;

ForeignValue list_of(const Json& list) {
    if (std::ranges::all_of(list, [](const Json& each) { return each.is_string(); }))
        return list.get<std::vector<std::string>>();
    if (std::ranges::all_of(list, [](const Json& each) { return each.is_number(); }))
        return list.get<std::vector<double>>();
    return {};
}

ForeignValue value_of(const Json& value) {
    if (value.is_boolean()) return value.get<bool>();
    if (value.is_number()) return value.get<double>();
    if (value.is_string()) return value.get<std::string>();
    if (value.is_array()) return list_of(value);
    return {};
}

}  // namespace

Result<ForeignValues> foreign_values_from_json(std::string_view text) {
    const Error no_json{ErrorCode::invalid_input, "not valid JSON"};
    try {
        bool is_deep = false;
        const auto look = [&](int depth, Json::parse_event_t, Json&) {
            is_deep |= depth > deepest;
            return depth <= deepest;
        };
        const Json parsed = Json::parse(text.begin(), text.end(), look, false);
        if (is_deep) return Error{ErrorCode::invalid_input, "nested too deeply for a preset"};
        if (parsed.is_discarded()) return no_json;
        if (!parsed.is_object()) return Error{ErrorCode::invalid_input, "not a JSON object"};
        ForeignValues values;
        for (const auto& [key, value] : parsed.items())
            values.emplace_back(key, value_of(value));
        return values;
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::exhausted, "not enough memory to read it"};
    } catch (const Json::exception&) {
        return no_json;
    }
}

}  // namespace fabula::sample
