// SPDX-License-Identifier: 0BSD
#include "exchange/import_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

namespace fabula::exchange {
namespace {

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

template <typename Number>
std::optional<Number> spelled(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with('+')) text.remove_prefix(1);
    Number number{};
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) return {};
    return number;
}

const Value* member(const Value::Object& object, std::string_view key) {
    for (const Member& each : object) {
        if (each.key == key) return &each.value;
    }
    return nullptr;
}

const Value* item(const Value::List& list, std::string_view place) {
    const auto index = spelled<std::size_t>(place);
    return index && *index < list.size() ? &list[*index] : nullptr;
}

const Value* below(const Value& value, std::string_view name) {
    if (const auto* object = value.object()) return member(*object, name);
    if (const auto* list = value.list()) return item(*list, name);
    return nullptr;
}

/// A number of `digits` digits at the beginning of `text`, which is taken off.
std::optional<int> taken_digits(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return {};
    int number = 0;
    for (const char digit : text.substr(0, digits)) {
        if (digit < '0' || digit > '9') return {};
        number = number * 10 + (digit - '0');
    }
    text.remove_prefix(digits);
    return number;
}

bool take_one_of(std::string_view& text, std::string_view marks) {
    if (text.empty() || marks.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<std::chrono::sys_days> taken_date(std::string_view& text) {
    const auto year = taken_digits(text, 4);
    if (!year || !take_one_of(text, "-")) return {};
    const auto month = taken_digits(text, 2);
    if (!month || !take_one_of(text, "-")) return {};
    const auto day = taken_digits(text, 2);
    if (!day) return {};
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return {};
    return std::chrono::sys_days{date};
}

/// Milliseconds of a fraction of a second, rounded down; the digits are taken off.
std::int64_t taken_fraction(std::string_view& text) {
    std::int64_t ms = 0;
    std::int64_t unit = 100;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        ms += unit * (text.front() - '0');
        unit /= 10;
        text.remove_prefix(1);
    }
    return ms;
}

std::optional<std::int64_t> taken_time_of_day(std::string_view& text) {
    const auto hours = taken_digits(text, 2);
    if (!hours || *hours > 23 || !take_one_of(text, ":")) return {};
    const auto minutes = taken_digits(text, 2);
    if (!minutes || *minutes > 59) return {};
    std::int64_t ms = (std::int64_t{*hours} * 60 + *minutes) * 60'000;
    if (!take_one_of(text, ":")) return ms;
    const auto seconds = taken_digits(text, 2);
    if (!seconds || *seconds > 60) return {};  // 60: a leap second
    ms += std::int64_t{*seconds} * 1000;
    if (take_one_of(text, ".,")) ms += taken_fraction(text);
    return ms;
}

/// What a time zone says that the clock is ahead of UTC, in milliseconds.
std::optional<std::int64_t> taken_zone(std::string_view& text) {
    if (text.empty() || take_one_of(text, "Zz")) return 0;
    const bool is_west = text.front() == '-';
    if (!take_one_of(text, "+-")) return {};
    const auto hours = taken_digits(text, 2);
    if (!hours) return {};
    take_one_of(text, ":");
    const auto minutes = text.empty() ? std::optional<int>(0) : taken_digits(text, 2);
    if (!minutes) return {};
    const std::int64_t ms = (std::int64_t{*hours} * 60 + *minutes) * 60'000;
    return is_west ? -ms : ms;
}

}  // namespace

const Value* find(const Value& value, std::string_view path) {
    if (const Value* whole = below(value, path)) return whole->is_null() ? nullptr : whole;
    for (std::size_t dot = path.find('.'); dot != std::string_view::npos;
         dot = path.find('.', dot + 1)) {
        const Value* inner = below(value, path.substr(0, dot));
        if (inner == nullptr) continue;
        if (const Value* found = find(*inner, path.substr(dot + 1))) return found;
    }
    return nullptr;
}

std::optional<double> number_of(const Value& value) {
    std::optional<double> number;
    if (const auto* whole = std::get_if<std::int64_t>(&value.data))
        number = static_cast<double>(*whole);
    else if (const auto* real = std::get_if<double>(&value.data))
        number = *real;
    else if (const auto* text = value.text())
        number = spelled<double>(*text);
    return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<std::int64_t> whole_of(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value.data)) return *whole;
    if (const auto* text = value.text()) {
        if (const auto whole = spelled<std::int64_t>(*text)) return whole;
    }
    const auto number = number_of(value);
    constexpr double limit = 9.2e18;
    if (!number || std::floor(*number) != *number || std::abs(*number) > limit) return {};
    return static_cast<std::int64_t>(*number);
}

std::optional<std::uint64_t> seed_of(const Value& value) {
    if (const auto* text = value.text()) return spelled<std::uint64_t>(*text);
    const auto whole = whole_of(value);
    if (!whole || *whole < 0) return {};
    return static_cast<std::uint64_t>(*whole);
}

std::optional<std::string> text_of(const Value& value) {
    if (const auto* text = value.text()) return *text;
    if (const auto* whole = std::get_if<std::int64_t>(&value.data)) return std::to_string(*whole);
    if (const auto* real = std::get_if<double>(&value.data)) {
        std::array<char, 32> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *real);
        return std::string(digits.data(), end.ptr);
    }
    if (const auto* time = std::get_if<Timestamp>(&value.data)) return to_iso8601(*time);
    return {};
}

std::optional<bool> truth_of(const Value& value) {
    if (const auto* truth = std::get_if<bool>(&value.data)) return *truth;
    if (const auto* text = value.text()) {
        std::string word(trimmed(*text));
        std::transform(word.begin(), word.end(), word.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        for (const std::string_view yes : {"true", "yes", "t", "y", "x", "1", "1.0"}) {
            if (word == yes) return true;
        }
        for (const std::string_view no : {"false", "no", "f", "n", "", "0", "0.0"}) {
            if (word == no) return false;
        }
        return {};
    }
    const auto number = number_of(value);
    if (number == 1.0) return true;
    if (number == 0.0) return false;
    return {};
}

std::optional<Timestamp> time_of(const Value& value) {
    if (const auto* time = std::get_if<Timestamp>(&value.data)) return *time;
    constexpr std::int64_t latest_ms = 253'402'300'799'999;  // the end of the year 9999
    if (const auto ms = whole_of(value)) {
        if (*ms < -latest_ms || *ms > latest_ms) return {};
        return Timestamp{*ms};
    }
    if (const auto* text = value.text()) return time_from_iso8601(*text);
    return {};
}

std::optional<Timestamp> time_from_iso8601(std::string_view text) {
    text = trimmed(text);
    const auto date = taken_date(text);
    if (!date) return {};
    std::int64_t ms = std::int64_t{date->time_since_epoch().count()} * 86'400'000;
    if (take_one_of(text, "Tt ")) {
        const auto time = taken_time_of_day(text);
        if (!time) return {};
        const auto ahead = taken_zone(text);
        if (!ahead) return {};
        ms += *time - *ahead;
    }
    return text.empty() ? std::optional(Timestamp{ms}) : std::nullopt;
}

}  // namespace fabula::exchange
