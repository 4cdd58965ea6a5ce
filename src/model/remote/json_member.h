// SPDX-License-Identifier: 0BSD
// How what servers answer is read: anything may be anything, and what is not there is null. For the
// *_json.cpp files, whose Json this takes; no header of the library stands here.
#pragma once

#include <string>

namespace fabula::model {

/// Of a value that is anything: the member, or null where there is none.
template <typename Json>
const Json& member(const Json& value, const char* name) {
    static const Json nothing;
    if (!value.is_object()) return nothing;
    const auto found = value.find(name);
    return found == value.end() ? nothing : *found;
}

/// "" for what is no text.
template <typename Json>
std::string text_of(const Json& value) {
    return value.is_string() ? value.template get<std::string>() : std::string();
}

}  // namespace fabula::model
