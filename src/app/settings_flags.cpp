// SPDX-License-Identifier: 0BSD
#include "app/settings_flags.h"

#include "sample/settings.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace fabula::app {
namespace {

std::string flag_name(std::string name) {
    std::replace(name.begin(), name.end(), '_', '-');
    return "--" + name;
}

// What the random policy draws for each candidate where nobody set it.
bool is_drawn(std::string_view name) {
    return name == "temperature" || name == "top_k" || name == "typical_p";
}

}  // namespace

void add_settings_flags(CLI::App& app, Flags& flags) {
    const std::string group = "Sampling";
    for (const auto& field : sample::fields()) {
        const std::string name = field.name;
        std::string names = flag_name(name);
        if (name == "max_new_tokens") names.insert(0, "--tokens,");
        app.add_option_function<std::string>(
               names, [&flags, name](const std::string& value) { flags.values[name] = value; },
               fmt::format("{} [{}{:g}]", field.hint, is_drawn(name) ? "drawn, else " : "",
                           field.standard))
            ->type_name(field.is_whole ? "N" : "X")
            ->group(group);
    }
    app.add_option("--dry-breaker", flags.dry_breakers,
                   "a text that no repetition reaches across, instead of line break, colon, quote "
                   "and star; may be repeated")
        ->allow_extra_args(false)
        ->type_name("TEXT")
        ->group(group);
    app.add_option("--bad-word", flags.bad_words,
                   "a word or phrase never to write; may be repeated")
        ->allow_extra_args(false)
        ->type_name("TEXT")
        ->group(group);
    app.add_option("--bad-pattern", flags.bad_patterns,
                   "a regular expression (RE2) that nothing written may match; may be repeated")
        ->allow_extra_args(false)
        ->type_name("TEXT")
        ->group(group);
    app.add_option("--stop", flags.stop, "a candidate ends before this text; may be repeated")
        ->type_name("TEXT")
        ->allow_extra_args(false)
        ->group(group);
    app.add_option("--logit-bias", flags.logit_bias,
                   "TOKEN_ID=BIAS, added to a logit; may be repeated")
        ->type_name("ID=X")
        ->allow_extra_args(false)
        ->group(group);
    app.add_option("--order", flags.order, "stages of the sampler chain that come first, by commas")
        ->delimiter(',')
        ->type_name("STAGES")
        ->allow_extra_args(false)
        ->group(group);
    app.add_flag("--ignore-end", flags.ignore_end, "never let the model end the story")
        ->group(group);
    app.add_option_function<std::string>(
           "--preset", [&flags](const std::string& name) { flags.values["preset"] = name; },
           "settings by name: calm, lively, wild, or one of `fabula settings list`")
        ->type_name("NAME")
        ->group(group);
    app.add_option("--settings", flags.settings_file,
                   "settings from a TOML or JSON file; for write and choose also means by step, "
                   "from `fabula settings export` or live from a URL")
        ->type_name("FILE|URL")
        ->group(group);
}

void add_key_flags(CLI::App& app, Flags& flags, std::initializer_list<const char*> names) {
    for (const std::string name : names) {
        const auto key = std::find_if(keys().begin(), keys().end(),
                                      [&](const Key& each) { return name == each.name; });
        std::string hint = key->hint;
        const std::string_view standard = key->standard;
        if (name == "endpoint") {
            app.add_option_function<std::vector<std::string>>(
                   "--endpoint",
                   [&flags](const std::vector<std::string>& all) {
                       std::string& value = flags.values["endpoint"];
                       for (const auto& each : all)
                           value += (value.empty() ? "" : " ") + each;
                   },
                   hint)
                ->allow_extra_args(false)
                ->type_name("URL");
            continue;
        }
        if (!standard.empty() && standard.size() < 24) hint += " [" + std::string(standard) + "]";
        app.add_option_function<std::string>(
               flag_name(name),
               [&flags, name](const std::string& value) { flags.values[name] = value; }, hint)
            ->type_name(name == "steps" || name == "candidates" || name == "seed" ? "N" : "TEXT");
    }
}

}  // namespace fabula::app
