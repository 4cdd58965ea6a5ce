// SPDX-License-Identifier: 0BSD
// A value of somebody else's data, as JSON, MongoDB's extended JSON and rows of CSV have them, and
// how it is found and read. Knows no field names. Pure functions.
#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fabula::exchange {

struct Member;

struct Value {
    using List = std::vector<Value>;
    using Object = std::vector<Member>;  // no key twice

    std::variant<std::monostate, bool, std::int64_t, double, Timestamp, std::string, List, Object>
        data;

    bool is_null() const { return std::holds_alternative<std::monostate>(data); }
    const List* list() const { return std::get_if<List>(&data); }
    const Object* object() const { return std::get_if<Object>(&data); }
    const std::string* text() const { return std::get_if<std::string>(&data); }
};

struct Member {
    std::string key;
    Value value;
};

constexpr std::size_t most_document_bytes = std::size_t{64} << 20;
constexpr std::size_t most_document_depth = 64;
constexpr std::size_t most_document_values = std::size_t{8} << 20;

/// Reads one JSON value. What MongoDB's extended JSON (version 2, relaxed and canonical, and the
/// older forms of mongoexport) writes as objects becomes what it means: $oid, $uuid and $symbol a
/// text, $numberInt, $numberLong, $numberDouble (also "Infinity" and "NaN") and $numberDecimal a
/// number, $date and $timestamp a time; one that is malformed stays an object. A whole number that
/// needs more than 63 bits becomes the text of its digits.
/// Source: "MongoDB Extended JSON (v2)", mongodb.com/docs/manual/reference/mongodb-extended-json.
/// Errors: invalid_input: malformed, not UTF-8, deeper, larger or more than the bounds above, or a
/// key twice in one object. Never throws.
Result<Value> value_from_json(std::string_view json);

/// As JSON on one line; a time as its milliseconds, a number that JSON has not as null.
std::string to_json(const Value& value);

/// What lies at `path`, names of members joined by dots, a number for an item of a list (from 0).
/// A member whose own name has dots in it is found first: "params.temperature" may be one name.
/// nullptr where there is nothing, or null.
const Value* find(const Value& value, std::string_view path);

/// The number that `value` is, or that its text spells (JSON's or C's notation, "inf" and "nan"
/// excepted); empty for anything else, and for infinities and NaN.
std::optional<double> number_of(const Value& value);
/// The same without a fraction, within 64 bits.
std::optional<std::int64_t> whole_of(const Value& value);
/// The unsigned 64-bit number that `value` is or spells.
std::optional<std::uint64_t> seed_of(const Value& value);
/// Words as they are; a number in digits; empty for anything else.
std::optional<std::string> text_of(const Value& value);
/// true, false, 1, 0, "true", "yes", "1", "x" and so on in any case; "" is false.
std::optional<bool> truth_of(const Value& value);
/// A time: one, milliseconds since 1970, or ISO 8601 text.
std::optional<Timestamp> time_of(const Value& value);

/// "2026-01-31T09:05:07.123Z": date, then "T" or a space, hours and minutes, seconds and fractions
/// if there are, then Z, +01:00, +0100 or nothing (UTC). A date alone is its midnight.
std::optional<Timestamp> time_from_iso8601(std::string_view text);

}  // namespace fabula::exchange
