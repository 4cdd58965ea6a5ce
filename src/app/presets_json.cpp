// SPDX-License-Identifier: 0BSD
#include "app/presets.h"
#include "sample/settings_json.h"

#include <nlohmann/json.hpp>

namespace fabula::app {
namespace {

using Json = nlohmann::ordered_json;

std::string line_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json parsed(const std::string& json) {
    return Json::parse(json, nullptr, false);
}

const char* type_of(sample::OtherField::Kind kind) {
    using Kind = sample::OtherField::Kind;
    switch (kind) {
        case Kind::texts:
            return "list of texts";
        case Kind::stages:
            return "list of stages";
        case Kind::biases:
            return "object of token id to number";
        case Kind::boolean:
            break;
    }
    return "boolean";
}

}  // namespace

std::string difference_json(const sample::Settings& settings, const sample::Settings& base) {
    const Json before = parsed(sample::to_json(base));
    Json differing = Json::object();
    const Json all = parsed(sample::to_json(settings));
    for (const auto& [name, value] : all.items()) {
        if (value != before[name]) differing[name] = value;
    }
    return line_of(differing);
}

std::string chosen_json(const sample::Settings& settings, const std::vector<std::string>& names) {
    const Json all = parsed(sample::to_json(settings));
    Json chosen = Json::object();
    for (const auto& name : names) {
        if (all.contains(name)) chosen[name] = all[name];
    }
    return line_of(chosen);
}

std::string preset_as_text(const Preset& preset) {
    std::string text;
    const Json settings = parsed(preset.json);
    if (!settings.is_object()) return text;
    for (const auto& [name, value] : settings.items())
        text += name + " = " + line_of(value) + "\n";
    return text;
}

std::string presets_as_json(const std::vector<Preset>& presets) {
    Json all = Json::array();
    for (const auto& preset : presets)
        all.push_back({{"name", preset.name},
                       {"hint", preset.hint},
                       {"built_in", preset.is_built_in},
                       {"settings", parsed(preset.json)}});
    return line_of(all) + "\n";
}

std::string presets_as_api(const std::vector<Preset>& presets) {
    Json all = Json::array();
    for (const auto& preset : presets)
        all.push_back({{"name", preset.name},
                       {"hint", preset.hint},
                       {"settings", parsed(preset.json)},
                       {"is_built_in", preset.is_built_in}});
    return line_of({{"presets", std::move(all)}});
}

std::string schema_as_json() {
    Json all = Json::array();
    for (const auto& field : sample::fields()) {
        Json entry{{"name", field.name},        {"type", field.is_whole ? "integer" : "number"},
                   {"unit", field.unit},        {"low", field.low},
                   {"high", field.high},        {"low_is_open", field.low_is_open},
                   {"default", field.standard}, {"hint", field.hint},
                   {"source", field.source}};
        if (field.is_whole) entry["default"] = static_cast<std::int64_t>(field.standard);
        all.push_back(std::move(entry));
    }
    const Json standard = parsed(sample::to_json(sample::Settings{}));
    for (const auto& field : sample::other_fields()) {
        all.push_back({{"name", field.name},
                       {"type", type_of(field.kind)},
                       {"hint", field.hint},
                       {"default", standard[field.name]}});
    }
    return line_of({{"settings", all}}) + "\n";
}

}  // namespace fabula::app
