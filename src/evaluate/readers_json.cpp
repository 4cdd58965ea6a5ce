// SPDX-License-Identifier: 0BSD
// Readers from JSON. Every value is looked at, every fault has its place, and what is not known is
// refused: a reader with a key misspelt would be another reader.
#include "evaluate/readers.h"
#include "store/bounded_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace fabula::evaluate {
namespace {

using Json = nlohmann::json;

constexpr store::JsonBounds bounds{
    .size_bytes = std::size_t{4} << 20, .depth = 8, .values = 200'000};
constexpr std::size_t most_readers = 100;
constexpr std::size_t most_peaks = 100;
constexpr std::size_t most_places = 100;
constexpr std::size_t longest_name = 64;

struct Range {
    double low;
    double high;
};

// Where each number may lie. A width below these would be a needle that no search could be held to.
constexpr Range utilities{-1000, 1000};
constexpr Range heights{0, 1000};
constexpr Range noises{0, 1000};
struct BellRanges {
    const char* key;
    Range centre;
    Range width;
    Bell Peak::*bell;
};
constexpr BellRanges bells[] = {
    {"temperature", {0, 10}, {0.01, 100}, &Peak::temperature},
    {"ln_top_k", {0, 14}, {0.02, 100}, &Peak::ln_top_k},
    {"typical_p", {0, 1}, {0.005, 100}, &Peak::typical_p},
};

// A value with its place. The first fault is kept; reading goes on with empty values.
class Cursor {
public:
    Cursor(const Json* value, std::string place, std::string& fault)
        : value_(value), place_(std::move(place)), fault_(&fault) {}

    bool has(const char* key) const {
        return value_ != nullptr && value_->is_object() && value_->contains(key);
    }

    Cursor at(const char* key) const {
        const std::string place = place_.empty() ? key : place_ + "." + key;
        if (has(key)) return {&(*value_)[key], place, *fault_};
        if (value_ != nullptr) note(place + " is missing");
        return {nullptr, place, *fault_};
    }

    void expect_only(std::initializer_list<std::string_view> keys) const {
        if (value_ == nullptr) return;
        if (!value_->is_object()) return note(name() + " is not an object");
        for (const auto& [key, item] : value_->items()) {
            if (std::ranges::find(keys, key) != keys.end()) continue;
            note(fmt::format("{}unknown key '{}': known are {}",
                             place_.empty() ? "" : place_ + ": ", key.substr(0, 64),
                             fmt::join(keys, ", ")));
        }
    }

    std::vector<Cursor> items(std::size_t least, std::size_t most) const {
        std::vector<Cursor> cursors;
        if (value_ == nullptr) return cursors;
        if (!value_->is_array() || value_->size() < least || value_->size() > most) {
            note(fmt::format("{} is not a list of {} to {}", name(), least, most));
            return cursors;
        }
        for (std::size_t i = 0; i < value_->size(); ++i)
            cursors.emplace_back(&(*value_)[i], fmt::format("{}[{}]", place_, i), *fault_);
        return cursors;
    }

    double number(const Range& range) const {
        if (value_ == nullptr) return range.high;
        if (value_->is_number()) {
            const auto number = value_->get<double>();
            if (number >= range.low && number <= range.high) return number;
        }
        note(fmt::format("{} is {}, not a number from {:g} to {:g}", name(), shown(), range.low,
                         range.high));
        return range.high;
    }

    std::string text() const {
        if (value_ == nullptr) return {};
        if (value_->is_string()) return value_->get<std::string>();
        note(fmt::format("{} is {}, not a text", name(), shown()));
        return {};
    }

    /// The place in `names` of the text that stands here.
    std::size_t one_of(std::initializer_list<std::string_view> names) const {
        const auto found = std::ranges::find(names, text());
        if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
        if (value_ != nullptr)
            note(fmt::format("{} is {}, not one of {}", name(), shown(), fmt::join(names, ", ")));
        return 0;
    }

    void note(const std::string& what) const {
        if (fault_->empty()) *fault_ = what;
    }

    const std::string& place() const { return place_; }

private:
    std::string name() const { return place_.empty() ? "the whole" : place_; }
    std::string shown() const {
        return value_->dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 64);
    }

    const Json* value_;
    std::string place_;
    std::string* fault_;
};

Peak peak_from(const Cursor& from) {
    from.expect_only({"height", "temperature", "ln_top_k", "typical_p", "parity"});
    Peak peak;
    if (from.has("height")) peak.height = from.at("height").number(heights);
    for (const auto& each : bells) {
        const auto bell = from.at(each.key);
        bell.expect_only({"centre", "width"});
        peak.*each.bell = {bell.at("centre").number(each.centre),
                           bell.at("width").number(each.width)};
    }
    if (from.has("parity"))
        peak.parity = static_cast<Parity>(from.at("parity").one_of({"both", "odd", "even"}));
    return peak;
}

bool is_name_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

Reader reader_from(const Cursor& from) {
    from.expect_only({"name", "noise", "position_bias", "combine", "peaks"});
    Reader reader;
    reader.name = from.at("name").text();
    if (reader.name.empty() || reader.name.size() > longest_name ||
        !std::ranges::all_of(reader.name, is_name_letter))
        from.note(fmt::format("{}.name is not 1 to {} of the characters A-Z a-z 0-9 _ - .",
                              from.place(), longest_name));
    reader.noise = from.at("noise").number(noises);
    if (from.has("position_bias"))
        for (const auto& place : from.at("position_bias").items(0, most_places))
            reader.position_bias.push_back(place.number(utilities));
    if (from.has("combine"))
        reader.combining = static_cast<Combining>(from.at("combine").one_of({"highest", "sum"}));
    for (const auto& peak : from.at("peaks").items(1, most_peaks))
        reader.peaks.push_back(peak_from(peak));
    return reader;
}

}  // namespace

Result<std::vector<Reader>> readers_from_json(std::string_view json) {
    if (const auto bounded = store::check_bounds(json, bounds); !bounded) return bounded.error();
    const auto parsed = Json::parse(json, nullptr, false);
    std::string fault;
    const Cursor whole(&parsed, "", fault);
    whole.expect_only({"readers"});
    std::vector<Reader> readers;
    std::set<std::string> names;
    for (const auto& each : whole.at("readers").items(1, most_readers)) {
        readers.push_back(reader_from(each));
        if (!names.insert(readers.back().name).second)
            each.note(each.place() + ".name '" + readers.back().name + "' comes twice");
    }
    if (!fault.empty()) return Error{ErrorCode::invalid_input, fault};
    return readers;
}

}  // namespace fabula::evaluate
