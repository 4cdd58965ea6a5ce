// SPDX-License-Identifier: 0BSD
#include "exchange/import_value.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace fabula::exchange {
namespace {

using Json = nlohmann::json;

Error invalid(std::string message) {
    return {ErrorCode::invalid_input, std::move(message)};
}

template <typename Number>
std::optional<Value> number_in(const Value& value) {
    const auto* text = value.text();
    if (text == nullptr) {  // older tools write the number itself
        const auto number = number_of(value);
        return number ? std::optional(value) : std::nullopt;
    }
    Number number{};
    const auto end = std::from_chars(text->data(), text->data() + text->size(), number);
    if (end.ec != std::errc{} || end.ptr != text->data() + text->size()) return {};
    return Value{number};
}

/// "Infinity" and "NaN" are values of the format; from_chars takes them as it takes "inf".
std::optional<Value> real_in(const Value& value) {
    if (const auto* text = value.text(); text != nullptr && text->starts_with('+')) return {};
    return number_in<double>(value);
}

std::optional<Value> date_in(const Value& value) {
    const auto time = time_of(value);
    return time ? std::optional(Value{*time}) : std::nullopt;
}

std::optional<Value> timestamp_in(const Value& value) {
    const Value* seconds = find(value, "t");
    const auto whole = seconds != nullptr ? whole_of(*seconds) : std::nullopt;
    constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    if (!whole || *whole < 0 || *whole > most) return {};
    return Value{Timestamp{*whole * 1000}};
}

/// What an object of extended JSON means; empty for one that means itself.
std::optional<Value> meaning_of(const Value::Object& object) {
    if (object.size() != 1 || !object.front().key.starts_with('$')) return {};
    const auto& [key, value] = object.front();
    if (key == "$oid" || key == "$uuid" || key == "$symbol")
        return value.text() != nullptr ? std::optional(value) : std::nullopt;
    if (key == "$numberInt" || key == "$numberLong") return number_in<std::int64_t>(value);
    if (key == "$numberDouble" || key == "$numberDecimal") return real_in(value);
    if (key == "$date") return date_in(value);
    if (key == "$timestamp") return timestamp_in(value);
    if (key == "$undefined") return Value{};
    return {};
}

std::optional<std::string> doubled_key(const Value::Object& object) {
    std::vector<std::string_view> keys;
    keys.reserve(object.size());
    for (const Member& each : object)
        keys.emplace_back(each.key);
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice == keys.end()) return {};
    return std::string(twice->substr(0, 64));
}

/// Builds values while the parser goes; answering false stops it.
class Builder final : public nlohmann::json_sax<Json> {
public:
    bool null() override { return put({}); }
    bool boolean(bool truth) override { return put({truth}); }
    bool number_integer(std::int64_t number) override { return put({number}); }
    bool number_unsigned(std::uint64_t number) override {
        if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return put({std::to_string(number)});
        return put({static_cast<std::int64_t>(number)});
    }
    bool number_float(double number, const std::string&) override { return put({number}); }
    bool string(std::string& text) override { return put({std::move(text)}); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open({Value::Object{}}); }
    bool start_array(std::size_t) override { return open({Value::List{}}); }
    bool end_array() override { return close(); }
    bool end_object() override {
        const auto& object = *open_.back().value.object();
        if (const auto key = doubled_key(object)) {
            fault_ = "key '" + *key + "' comes twice in one object";
            return false;
        }
        if (auto meaning = meaning_of(object)) open_.back().value = *std::move(meaning);
        return close();
    }
    bool key(std::string& name) override {
        open_.back().key = std::move(name);
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
        fault_ = "not JSON at byte " + std::to_string(position);
        return false;
    }

    const std::string& fault() const { return fault_; }
    Value take() { return std::move(root_); }

private:
    struct Open {
        Value value;
        std::string key;  // of the member that comes next
    };

    bool put(Value value) {
        if (++n_values_ > most_document_values) {
            fault_ = "more than " + std::to_string(most_document_values) + " values";
            return false;
        }
        return hang_in(std::move(value));
    }
    bool hang_in(Value value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return true;
        }
        Open& parent = open_.back();
        if (auto* list = std::get_if<Value::List>(&parent.value.data))
            list->push_back(std::move(value));
        else if (auto* object = std::get_if<Value::Object>(&parent.value.data))
            object->push_back({std::move(parent.key), std::move(value)});
        return true;
    }
    bool open(Value value) {
        if (++n_values_ > most_document_values || open_.size() >= most_document_depth) {
            fault_ = "nested deeper than " + std::to_string(most_document_depth) +
                     " or more than " + std::to_string(most_document_values) + " values";
            return false;
        }
        open_.push_back({std::move(value), {}});
        return true;
    }
    bool close() {
        Value value = std::move(open_.back().value);
        open_.pop_back();
        return hang_in(std::move(value));
    }

    Value root_;
    std::vector<Open> open_;
    std::size_t n_values_ = 0;
    std::string fault_;
};

Json json_of(const Value& value) {
    if (const auto* list = value.list()) {
        Json array = Json::array();
        for (const Value& each : *list)
            array.push_back(json_of(each));
        return array;
    }
    if (const auto* members = value.object()) {
        Json object = Json::object();
        for (const Member& each : *members)
            object[each.key] = json_of(each.value);
        return object;
    }
    if (const auto* text = value.text()) return *text;
    if (const auto* truth = std::get_if<bool>(&value.data)) return *truth;
    if (const auto* whole = std::get_if<std::int64_t>(&value.data)) return *whole;
    if (const auto* real = std::get_if<double>(&value.data)) return *real;
    if (const auto* time = std::get_if<Timestamp>(&value.data))
        return static_cast<std::int64_t>(*time);
    return nullptr;
}

}  // namespace

Result<Value> value_from_json(std::string_view json) {
    if (json.size() > most_document_bytes)
        return invalid(std::to_string(json.size()) + " bytes, at most " +
                       std::to_string(most_document_bytes) + " are read");
    // The parser reports by its value; what is left to catch is memory that ends.
    try {
        Builder builder;
        if (Json::sax_parse(json.begin(), json.end(), &builder)) return builder.take();
        return invalid(builder.fault().empty() ? "not JSON" : builder.fault());
    } catch (const std::exception& failure) {
        return Error{ErrorCode::exhausted, std::string("cannot be read: ") + failure.what()};
    }
}

std::string to_json(const Value& value) {
    return json_of(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace fabula::exchange
