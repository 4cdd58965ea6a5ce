// SPDX-License-Identifier: 0BSD
// Foreign JSON as a value, read with bounds: depth, number of values, no key twice in one object.
// What reads model folders works on these values and sees no JSON library.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fabula::model::hugging_face {

class JsonValue;
using JsonArray = std::vector<JsonValue>;
using JsonMember = std::pair<std::string, JsonValue>;
using JsonObject = std::vector<JsonMember>;  // in the order of the text

/// Numbers without sign, fraction and exponent are unsigned; negative ones are signed.
class JsonValue {
public:
    using State = std::variant<std::monostate, bool, std::uint64_t, std::int64_t, double,
                               std::string, JsonArray, JsonObject>;

    JsonValue() = default;
    template <typename T>
    explicit JsonValue(T value) : state_(std::move(value)) {}

    bool is_null() const { return std::holds_alternative<std::monostate>(state_); }
    /// The value of that kind, or nullptr.
    const std::string* text() const { return std::get_if<std::string>(&state_); }
    const JsonArray* array() const { return std::get_if<JsonArray>(&state_); }
    const JsonObject* object() const { return std::get_if<JsonObject>(&state_); }
    std::optional<bool> boolean() const;
    std::optional<std::uint64_t> count() const;  // a number without sign or fraction
    std::optional<double> real() const;          // any number

    /// The member of an object, or nullptr: also where this is no object or the member is null.
    const JsonValue* find(std::string_view key) const;
    /// The same where it is of that kind, else `otherwise`.
    std::string text_at(std::string_view key, const std::string& otherwise = "") const;
    bool is_true_at(std::string_view key) const;

    const State& state() const { return state_; }

private:
    State state_;
};

/// Errors: invalid_input, when `json` is malformed, too large, nested deeper than 64 or has a key
/// twice in one object; exhausted (memory). Never throws.
Result<JsonValue> parse_json(std::string_view json);

/// The file as JSON. Errors: not_found, unavailable, corrupt: "file 'config.json': ...".
Result<JsonValue> read_json_file(const std::string& path);

/// The text of `value`, indented by two, with a line break at its end.
std::string to_json_text(const JsonValue& value);
/// The same without a break or a space.
std::string to_json_line(const JsonValue& value);

}  // namespace fabula::model::hugging_face
