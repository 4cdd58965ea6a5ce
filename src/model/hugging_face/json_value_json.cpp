// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/json_value.h"
#include "model/mapped_file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <type_traits>

namespace fabula::model::hugging_face {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 28U;  // the largest tokenizers have a tenth
constexpr std::size_t most_values = std::size_t{1} << 24U;
constexpr std::size_t deepest = 64;

bool has_key_twice(const JsonObject& object, std::string& which) {
    std::vector<std::string_view> keys;
    keys.reserve(object.size());
    for (const auto& [key, value] : object)
        keys.emplace_back(key);
    std::ranges::sort(keys);
    const auto twice = std::ranges::adjacent_find(keys);
    if (twice == keys.end()) return false;
    which = std::string(*twice);
    return true;
}

/// Builds the value while the parser goes on; answering false stops it.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
public:
    bool null() override { return put(JsonValue()); }
    bool boolean(bool value) override { return put(JsonValue(value)); }
    bool number_integer(std::int64_t value) override { return put(JsonValue(value)); }
    bool number_unsigned(std::uint64_t value) override { return put(JsonValue(value)); }
    bool number_float(double value, const std::string&) override { return put(JsonValue(value)); }
    bool string(std::string& value) override { return put(JsonValue(std::move(value))); }
    bool binary(binary_t&) override { return false; }
    bool key(std::string& name) override {
        open_.back().keys.push_back(std::move(name));
        return true;
    }
    bool start_object(std::size_t) override { return enter(true); }
    bool start_array(std::size_t) override { return enter(false); }
    bool end_array() override {
        JsonArray array = std::move(open_.back().values);
        open_.pop_back();
        return put(JsonValue(std::move(array)));
    }
    bool end_object() override {
        Open& open = open_.back();
        JsonObject object;
        object.reserve(open.values.size());
        for (std::size_t i = 0; i < open.values.size(); ++i)
            object.emplace_back(std::move(open.keys[i]), std::move(open.values[i]));
        open_.pop_back();
        std::string key;
        if (has_key_twice(object, key))
            return fail("key '" + key.substr(0, 64) + "' comes twice in one object");
        return put(JsonValue(std::move(object)));
    }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::json::exception&) override {
        return fail("not JSON at byte " + std::to_string(position));
    }

    const std::string& fault() const { return fault_; }
    JsonValue take() { return std::move(whole_); }

private:
    struct Open {
        bool is_object = false;
        std::vector<std::string> keys;
        JsonArray values;
    };

    bool fail(const std::string& what) {
        if (fault_.empty()) fault_ = what;
        return false;
    }
    bool put(JsonValue value) {
        if (++n_values_ > most_values)
            return fail("more than " + std::to_string(most_values) + " values");
        if (open_.empty()) {
            whole_ = std::move(value);
        } else {
            open_.back().values.push_back(std::move(value));
        }
        return true;
    }
    bool enter(bool is_object) {
        if (open_.size() == deepest) return fail("nested deeper than " + std::to_string(deepest));
        open_.push_back({is_object, {}, {}});
        return true;
    }

    std::vector<Open> open_;
    std::size_t n_values_ = 0;
    JsonValue whole_;
    std::string fault_;
};

nlohmann::ordered_json foreign(const JsonValue& value) {
    if (const auto* const array = value.array()) {
        auto made = nlohmann::ordered_json::array();
        for (const JsonValue& each : *array)
            made.push_back(foreign(each));
        return made;
    }
    if (const auto* const object = value.object()) {
        // Pushed behind, not looked up: the vocabulary is one object.
        nlohmann::ordered_json::object_t made;
        made.reserve(object->size());
        for (const auto& [key, each] : *object)
            made.push_back({key, foreign(each)});
        return made;
    }
    return std::visit(
        [](const auto& plain) -> nlohmann::ordered_json {
            using Plain = std::decay_t<decltype(plain)>;
            if constexpr (std::is_same_v<Plain, std::monostate> ||
                          std::is_same_v<Plain, JsonArray> || std::is_same_v<Plain, JsonObject>) {
                return nullptr;
            } else {
                return plain;
            }
        },
        value.state());
}

}  // namespace

std::optional<bool> JsonValue::boolean() const {
    const auto* const value = std::get_if<bool>(&state_);
    return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<std::uint64_t> JsonValue::count() const {
    const auto* const value = std::get_if<std::uint64_t>(&state_);
    return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<double> JsonValue::real() const {
    if (const auto* const value = std::get_if<double>(&state_)) return *value;
    if (const auto* const value = std::get_if<std::uint64_t>(&state_))
        return static_cast<double>(*value);
    const auto* const value = std::get_if<std::int64_t>(&state_);
    return value != nullptr ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

const JsonValue* JsonValue::find(std::string_view key) const {
    const auto* const members = object();
    if (members == nullptr) return nullptr;
    const auto found = std::ranges::find(*members, key, &JsonMember::first);
    return found == members->end() || found->second.is_null() ? nullptr : &found->second;
}

std::string JsonValue::text_at(std::string_view key, const std::string& otherwise) const {
    const JsonValue* const found = find(key);
    return found != nullptr && found->text() != nullptr ? *found->text() : otherwise;
}

bool JsonValue::is_true_at(std::string_view key) const {
    const JsonValue* const found = find(key);
    return found != nullptr && found->boolean().value_or(false);
}

Result<JsonValue> parse_json(std::string_view json) {
    if (json.size() > most_bytes) {
        return Error{ErrorCode::invalid_input, std::to_string(json.size()) + " bytes, at most " +
                                                   std::to_string(most_bytes) + " are read"};
    }
    try {
        Builder builder;
        if (nlohmann::json::sax_parse(json.begin(), json.end(), &builder)) return builder.take();
        return Error{ErrorCode::invalid_input,
                     builder.fault().empty() ? "not JSON" : builder.fault()};
    } catch (const std::exception& failure) {
        return Error{ErrorCode::exhausted, std::string("cannot be read: ") + failure.what()};
    }
}

Result<JsonValue> read_json_file(const std::string& path) {
    const auto file = MappedFile::open(path, "file '" + path + "'");
    if (!file) return file.error();
    const auto bytes = file->bytes();
    auto value = parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (value) return value;
    const ErrorCode code =
        value.error().code == ErrorCode::invalid_input ? ErrorCode::corrupt : value.error().code;
    return Error{code, "file '" + path + "': " + value.error().message};
}

std::string to_json_text(const JsonValue& value) {
    return foreign(value).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string to_json_line(const JsonValue& value) {
    return foreign(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace fabula::model::hugging_face
