// SPDX-License-Identifier: 0BSD
// Every value that a command goes by, and where it came from: a flag, the environment, a file named
// with --settings, the configuration file, or the default, in that order.
#pragma once

#include "base/result.h"
#include "sample/settings.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::app {

/// A value beside the sampling settings.
struct Key {
    const char* name;      // "candidates"; the flag is --candidates, the variable FABULA_CANDIDATES
    const char* standard;  // the default, "" for none
    const char* hint;      // one plain sentence
};

std::span<const Key> keys();

/// What the command line gave; a name that is absent was not given.
struct Flags {
    std::map<std::string, std::string> values;  // keys and numeric settings, by name
    std::vector<std::string> dry_breakers;
    std::vector<std::string> bad_words;
    std::vector<std::string> bad_patterns;
    std::vector<std::string> stop;
    std::vector<std::string> order;
    std::vector<std::string> logit_bias;  // "TOKEN=BIAS"
    bool ignore_end = false;
    std::string settings_file;  // TOML or JSON; "" for none
};

/// Looks a variable up.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

class Configuration {
public:
    /// Reads the layers. `file`: the configuration file, which need not exist unless FABULA_CONFIG
    /// names it. Errors: invalid_input naming the layer and the value, not_found (settings file,
    /// the file that FABULA_CONFIG names).
    static Result<Configuration> load(const Flags& flags, const std::string& file,
                                      const Environment& environment);

    const sample::Settings& settings() const { return settings_; }

    /// The value of a key, as text. Requires a name in `keys()`.
    const std::string& text(const std::string& key) const { return values_.at(key); }

    /// The value as a whole number in [low, high]. Errors: invalid_input with the range.
    Result<std::uint64_t> number(const std::string& key, std::uint64_t low,
                                 std::uint64_t high) const;

    /// The names of the settings that anybody set, by name.
    std::vector<std::string> set_settings() const;

    /// "default", "file 'PATH'", "preset 'NAME'", "settings file 'PATH'", "environment FABULA_X" or
    /// "flag --x".
    const std::string& source(const std::string& name) const { return sources_.at(name); }

    /// Whether anybody set `name` at all.
    bool is_set(const std::string& name) const { return source(name) != "default"; }

private:
    Configuration();
    Result<Unit> read_config_file(const std::string& path, const Environment& environment);
    Result<Unit> read_preset(const Flags& flags, const Environment& environment);
    Result<Unit> read_settings_file(const std::string& path);
    Result<Unit> read_environment(const Environment& environment);
    Result<Unit> read_flags(const Flags& flags);
    Result<Unit> read_lists(const Flags& flags);
    Result<Unit> assign(const std::string& name, const std::string& value,
                        const std::string& source);
    Result<Unit> apply_settings(const std::string& json, const std::vector<std::string>& names,
                                const std::string& source);

    sample::Settings settings_;
    std::map<std::string, std::string> values_;
    std::map<std::string, std::string> sources_;
};

/// The variable of the process's environment.
std::optional<std::string> process_environment(const std::string& name);

/// A table of settings as read from TOML or JSON text.
struct SettingsTable {
    std::string json;                // an object for sample::settings_from_json
    std::vector<std::string> names;  // its keys
};

/// What a configuration file holds: keys at the top level and a table [settings].
struct ConfigTable {
    std::map<std::string, std::string> values;
    SettingsTable settings;
};

/// Errors: invalid_input with the line of the fault.
Result<ConfigTable> config_from_toml(std::string_view toml);
/// A table of settings alone, or a configuration file's [settings].
Result<SettingsTable> settings_from_toml(std::string_view toml);
/// The keys of a JSON object. Errors: invalid_input.
Result<std::vector<std::string>> names_in_json(std::string_view json);

}  // namespace fabula::app
