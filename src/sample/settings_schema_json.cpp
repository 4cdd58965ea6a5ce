// SPDX-License-Identifier: 0BSD
#include "sample/settings.h"
#include "sample/settings_json.h"
#include "sample/settings_schema.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace fabula::sample {
namespace {

using Json = nlohmann::ordered_json;

std::string described(const Field& field) {
    std::string text = field.hint;
    if (*field.unit != '\0') text.append(" Unit: ").append(field.unit).append(".");
    if (*field.source != '\0') text.append(" Source: ").append(field.source).append(".");
    return text;
}

Json of_number(const Field& field) {
    Json schema{{"type", field.is_whole ? "integer" : "number"},
                {field.low_is_open ? "exclusiveMinimum" : "minimum", field.low},
                {"maximum", field.high},
                {"default", field.standard},
                {"description", described(field)}};
    if (!field.is_whole) return schema;
    for (const char* const key : {"exclusiveMinimum", "minimum", "maximum", "default"}) {
        if (schema.contains(key))
            schema[key] = static_cast<std::int64_t>(schema[key].get<double>());
    }
    return schema;
}

Json of_stages() {
    Json names = Json::array();
    for (const auto stage : Settings{}.order)
        names.push_back(name_of(stage));
    return {{"type", "array"},
            {"uniqueItems", true},
            {"items", {{"type", "string"}, {"enum", std::move(names)}}}};
}

Json of_kind(OtherField::Kind kind) {
    switch (kind) {
        case OtherField::Kind::texts:
            return {{"type", "array"}, {"items", {{"type", "string"}, {"minLength", 1}}}};
        case OtherField::Kind::stages:
            return of_stages();
        case OtherField::Kind::biases:
            return {{"type", "object"},
                    {"propertyNames", {{"pattern", "^(0|[1-9][0-9]*)$"}}},
                    {"additionalProperties",
                     {{"type", "number"}, {"minimum", -100}, {"maximum", 100}}}};
        case OtherField::Kind::boolean:
            break;
    }
    return {{"type", "boolean"}};
}

}  // namespace

std::string settings_json_schema() {
    Json properties = Json::object();
    for (const auto& field : fields())
        properties[field.name] = of_number(field);
    const Json standard = Json::parse(to_json(Settings{}));
    for (const auto& field : other_fields()) {
        Json schema = of_kind(field.kind);
        schema["default"] = standard[field.name];
        schema["description"] = field.hint;
        properties[field.name] = std::move(schema);
    }
    const Json schema{
        {"$schema", "https://json-schema.org/draft/2020-12/schema"},
        {"title", "Settings"},
        {"description", "Sampling settings of Fabula; what is absent has its default."},
        {"type", "object"},
        {"additionalProperties", false},
        {"properties", std::move(properties)}};
    return schema.dump();
}

}  // namespace fabula::sample
