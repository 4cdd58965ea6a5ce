// SPDX-License-Identifier: 0BSD
#include "sample/settings_json.h"

#include "sample/nearest.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <new>
#include <optional>
#include <utility>

namespace fabula::sample {
namespace {

using Json = nlohmann::json;                 // read: any number of keys in O(n log n)
using WrittenJson = nlohmann::ordered_json;  // written: in our order

Error invalid(const std::string& message) {
    return {ErrorCode::invalid_input, message};
}

Result<std::vector<std::string>> texts_from(const std::string& key, const Json& value) {
    if (!value.is_array()) return invalid(key + " must be a list of texts");
    std::vector<std::string> texts;
    for (const auto& entry : value) {
        if (!entry.is_string()) return invalid(key + " must be a list of texts");
        texts.push_back(entry.get_ref<const std::string&>());
    }
    return texts;
}

Result<std::vector<Stage>> order_from(const Json& value) {
    const auto names = texts_from("order", value);
    if (!names) return names.error();
    std::vector<Stage> order;
    for (const auto& name : *names) {
        const auto stage = stage_named(name);
        if (!stage) return invalid("order: " + stage.error().message);
        order.push_back(*stage);
    }
    return completed_order(std::move(order));
}

// A token id as people write it: digits, no sign, no leading zeros, so that no two keys mean one
// token.
std::optional<TokenId> token_from(const std::string& text) {
    TokenId token = -1;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, token);
    if (read.ec != std::errc{} || read.ptr != end || std::to_string(token) != text || token < 0)
        return std::nullopt;
    return token;
}

Result<std::map<TokenId, double>> bias_from(const Json& value) {
    if (!value.is_object()) return invalid("logit_bias must be an object from token id to bias");
    std::map<TokenId, double> biases;
    for (const auto& [key, bias] : value.items()) {
        const auto token = token_from(key);
        if (!token)
            return invalid("logit_bias: a key must be a token id, a whole number from 0 on");
        if (!bias.is_number()) return invalid("logit_bias of token " + key + " must be a number");
        biases[*token] = bias.get<double>();
    }
    return biases;
}

template <typename T>
Result<Unit> take(Result<T> read, T& into) {
    if (!read) return read.error();
    into = std::move(read).value();
    return Unit{};
}

Result<Unit> take_field(const std::string& key, const Json& value, Settings& settings) {
    const auto all = fields();
    const bool is_known =
        std::any_of(all.begin(), all.end(), [&](const Field& field) { return key == field.name; });
    if (!is_known) {
        std::vector<std::string_view> names;
        names.reserve(all.size() + other_fields().size());
        for (const auto& field : other_fields())
            names.emplace_back(field.name);
        for (const auto& field : all)
            names.emplace_back(field.name);
        return unknown_name("setting", key, names);
    }
    if (!value.is_number()) return invalid(key + " must be a number");
    return set(settings, key, value.get<double>());
}

Result<Unit> take_key(const std::string& key, const Json& value, Settings& settings) {
    if (key == "dry_breakers") return take(texts_from(key, value), settings.dry_breakers);
    if (key == "bad_words") return take(texts_from(key, value), settings.bad_words);
    if (key == "bad_patterns") return take(texts_from(key, value), settings.bad_patterns);
    if (key == "stop") return take(texts_from(key, value), settings.stop);
    if (key == "logit_bias") return take(bias_from(value), settings.logit_bias);
    if (key == "order") return take(order_from(value), settings.order);
    if (key == "ignore_end") {
        if (!value.is_boolean()) return invalid("ignore_end must be true or false");
        settings.ignore_end = value.get<bool>();
        return Unit{};
    }
    return take_field(key, value, settings);
}

Result<Settings> read(const Json& object, Settings settings) {
    if (!object.is_object()) return invalid("settings: not a JSON object");
    for (const auto& [key, value] : object.items()) {
        if (auto taken = take_key(key, value, settings); !taken) return taken.error();
    }
    if (auto valid = validate(settings); !valid) return valid.error();
    return settings;
}

}  // namespace

std::string to_json(const Settings& settings) {
    WrittenJson object = WrittenJson::object();
    for (const auto& field : fields()) {
        if (field.real)
            object[field.name] = settings.*field.real;
        else
            object[field.name] = settings.*field.whole;
    }
    object["dry_breakers"] = settings.dry_breakers;
    object["bad_words"] = settings.bad_words;
    object["bad_patterns"] = settings.bad_patterns;
    object["stop"] = settings.stop;
    WrittenJson::object_t biases;
    for (const auto& [token, bias] : settings.logit_bias)
        biases.push_back({std::to_string(token), bias});  // distinct: no look-up as [] would do
    object["logit_bias"] = std::move(biases);
    object["ignore_end"] = settings.ignore_end;
    object["order"] = WrittenJson::array();
    for (const auto stage : settings.order)
        object["order"].push_back(name_of(stage));
    // `replace`: settings that were never validated may hold a word that is not UTF-8.
    return object.dump(-1, ' ', false, WrittenJson::error_handler_t::replace);
}

Result<Settings> settings_from_json(std::string_view json, const Settings& base) {
    // The parser reports by its value; what is left to catch is memory that ends.
    try {
        const Json parsed = Json::parse(json.begin(), json.end(), nullptr, false);
        if (parsed.is_discarded()) return invalid("settings: not valid JSON");
        return read(parsed, base);
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::exhausted, "settings: not enough memory to read them"};
    } catch (const Json::exception& failure) {
        return invalid(std::string("settings: ") + failure.what());
    }
}

}  // namespace fabula::sample
