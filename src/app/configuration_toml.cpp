// SPDX-License-Identifier: 0BSD
#include "app/configuration.h"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

namespace fabula::app {
namespace {

Error fault(const toml::parse_error& error) {
    std::ostringstream text;
    text << "line " << error.source().begin.line << ": " << error.description();
    return {ErrorCode::invalid_input, text.str()};
}

Result<toml::table> table_in(std::string_view toml) {
    try {
        return toml::parse(toml);
    } catch (const toml::parse_error& error) {
        return fault(error);
    }
}

SettingsTable table_of(const toml::table& table) {
    SettingsTable settings;
    std::ostringstream json;
    json << toml::json_formatter(table);
    settings.json = json.str();
    for (const auto& [name, value] : table)
        settings.names.emplace_back(name.str());
    return settings;
}

Result<std::string> text_of(const std::string& name, const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* whole = node.as_integer()) return std::to_string(whole->get());
    if (const auto* yes = node.as_boolean()) return std::string(yes->get() ? "true" : "false");
    return Error{ErrorCode::invalid_input, "line " + std::to_string(node.source().begin.line) +
                                               ": '" + name + "' must be a text or a whole number"};
}

bool is_key(const std::string& name) {
    return std::any_of(keys().begin(), keys().end(),
                       [&](const Key& key) { return key.name == name; });
}

}  // namespace

Result<ConfigTable> config_from_toml(std::string_view toml) {
    const auto parsed = table_in(toml);
    if (!parsed) return parsed.error();
    ConfigTable config;
    config.settings.json = "{}";
    for (const auto& [key, node] : *parsed) {
        const std::string name(key.str());
        if (name == "settings" && node.is_table()) {
            config.settings = table_of(*node.as_table());
            continue;
        }
        if (!is_key(name))
            return Error{ErrorCode::invalid_input,
                         "line " + std::to_string(node.source().begin.line) +
                             ": no key is called '" + name +
                             "' (sampling settings stand under [settings])"};
        auto value = text_of(name, node);
        if (!value) return value.error();
        config.values[name] = *std::move(value);
    }
    return config;
}

Result<SettingsTable> settings_from_toml(std::string_view toml) {
    const auto parsed = table_in(toml);
    if (!parsed) return parsed.error();
    if (const auto* settings = (*parsed)["settings"].as_table()) return table_of(*settings);
    return table_of(*parsed);
}

}  // namespace fabula::app
