// SPDX-License-Identifier: 0BSD
#include "app/configuration.h"

#include "app/files.h"
#include "app/presets.h"
#include "sample/settings_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace fabula::app {
namespace {

constexpr std::array<Key, 28> all_keys{{
    {"model", "stories15M-q8_0", "a name from `fabula model list`, a GGUF file, or scripted:FILE"},
    {"db", "",
     "the database: a file, or postgresql://USER@HOST/NAME; `fabula doctor` shows the standard "
     "place"},
    {"steps", "8", "most passages to write"},
    {"candidates", "3", "continuations offered at each step"},
    {"policy", "",
     "where each candidate's settings come from: fixed, random, average, portfolio, auto, each "
     "also with +adaptive (random+adaptive), or adaptive; unless temperature, top_k or typical_p "
     "is "
     "set, write takes random and choose takes auto"},
    {"user", "", "whose choices these are; the name that you are logged in with"},
    {"seed", "", "the same seed, settings and model give the same words; else a new one is drawn"},
    {"chat", "auto", "whether the model's chat template is used: auto, on or off"},
    {"system",
     "You are a writer of fiction. You continue the story in its own voice and write nothing but "
     "the story.",
     "the system line for chat models"},
    {"preset", "", "settings by name: calm, lively, wild, or one that you saved"},
    {"threads", "0", "threads that the model computes with; 0 takes one a core"},
    {"backend", "auto",
     "what runs the model: cpu (Fabula's own decoder, the same words every time), llama "
     "(llama.cpp) "
     "or auto, the first that knows it"},
    {"kernel", "",
     "of backend cpu: avx512, avx2 or portable; else the best that this processor has"},
    {"cache_type", "f16", "numbers in the model's cache: f16, or f32, twice as large"},
    {"cache_mib", "0",
     "memory for the model's cache, in MiB; 0 takes what the window and the candidates need, and "
     "half a GiB, or 64 windows, if that is more"},
    {"cache_disk_mib", "4096",
     "disk for what was computed, so that a story that is opened again is read at once; 0 writes "
     "nothing"},
    {"database_mib", "0", "disk that the database may take before a story is refused; 0: no limit"},
    {"models_mib", "0",
     "disk that the models folder may take before an import is refused; 0: no "
     "limit"},
    {"endpoint", "",
     "a server that has the model, URL[,weight=N][,key=VARIABLE]; several share the requests"},
    {"api", "openai", "what it speaks: openai, openai-chat, huggingface or ollama"},
    {"stream", "on", "whether a remote model's text comes as it is drawn: on or off"},
    {"timeout", "300", "seconds for an answer of a remote model, with all attempts at it"},
    {"window", "0", "tokens that a remote model can read; 0 takes what the server says, else 4096"},
    {"prices", "", "a TOML file with what the tokens of remote models cost"},
    {"budget_tokens", "0", "tokens that remote models may take in a run; 0: no limit"},
    {"budget_money", "0", "money that they may cost in a run, by --prices; 0: no limit"},
    {"month_tokens", "0", "tokens that they may take in a month; 0: no limit"},
    {"month_money", "0", "money that they may cost in a month, by --prices; 0: no limit"},
}};

constexpr std::array<const char*, 7> list_names{
    "dry_breakers", "bad_words", "bad_patterns", "stop", "logit_bias", "ignore_end", "order"};

std::string variable_of(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return "FABULA_" + name;
}

std::string flag_of(std::string name) {
    std::replace(name.begin(), name.end(), '_', '-');
    return "flag --" + name;
}

Result<double> parse_number(const std::string& name, const std::string& text) {
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size())
        return Error{ErrorCode::invalid_input, name + " '" + text + "' is no number"};
    return value;
}

// Keys and numeric settings: what one flag or variable sets each.
std::vector<std::string> names_that_flags_have() {
    std::vector<std::string> names;
    names.reserve(all_keys.size() + sample::fields().size());
    for (const auto& key : all_keys)
        names.emplace_back(key.name);
    for (const auto& field : sample::fields())
        names.emplace_back(field.name);
    return names;
}

Error within(const std::string& layer, const Error& error) {
    return {error.code, layer + ": " + error.message};
}

Result<std::pair<TokenId, double>> parse_bias(const std::string& text) {
    const auto at = text.find('=');
    TokenId token = -1;
    const auto [end, failure] =
        std::from_chars(text.data(), text.data() + std::min(at, text.size()), token);
    if (at == std::string::npos || failure != std::errc() || end != text.data() + at || token < 0)
        return Error{ErrorCode::invalid_input,
                     "logit_bias '" + text + "' is not of the form TOKEN_ID=BIAS"};
    const auto bias = parse_number("logit_bias", text.substr(at + 1));
    if (!bias) return bias.error();
    return std::pair(token, *bias);
}

}  // namespace

std::span<const Key> keys() {
    return all_keys;
}

std::optional<std::string> process_environment(const std::string& name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in the program changes the environment
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return {};
    return value;
}

Configuration::Configuration() {
    for (const auto& key : all_keys) {
        values_[key.name] = key.standard;
        sources_[key.name] = "default";
    }
    for (const auto& field : sample::fields())
        sources_[field.name] = "default";
    for (const auto* name : list_names)
        sources_[name] = "default";
}

Result<Unit> Configuration::assign(const std::string& name, const std::string& value,
                                   const std::string& source) {
    if (values_.contains(name)) {
        values_[name] = value;
    } else {
        const auto number = parse_number(name, value);
        if (!number) return within(source, number.error());
        if (const auto set = sample::set(settings_, name, *number); !set)
            return within(source, set.error());
    }
    sources_[name] = source;
    return Unit{};
}

Result<Unit> Configuration::apply_settings(const std::string& json,
                                           const std::vector<std::string>& names,
                                           const std::string& source) {
    auto settings = sample::settings_from_json(json, settings_);
    if (!settings) return within(source, settings.error());
    settings_ = *std::move(settings);
    for (const auto& name : names)
        sources_[name] = source;
    return Unit{};
}

Result<Unit> Configuration::read_config_file(const std::string& path,
                                             const Environment& environment) {
    const auto text = read_file(path);
    if (!text) {
        if (text.error().code != ErrorCode::not_found) return text.error();
        if (path.empty() || environment("FABULA_CONFIG") != path) return Unit{};
        return Error{ErrorCode::not_found,
                     "environment FABULA_CONFIG: there is no configuration file '" + path + "'"};
    }
    const std::string source = "file '" + path + "'";
    const auto config = config_from_toml(*text);
    if (!config) return within(source, config.error());
    for (const auto& [name, value] : config->values) {
        if (auto done = assign(name, value, source); !done) return done;
    }
    return apply_settings(config->settings.json, config->settings.names, source);
}

// Names the preset by the strongest layer that does.
Result<Unit> Configuration::read_preset(const Flags& flags, const Environment& environment) {
    const auto flag = flags.values.find("preset");
    const auto variable = environment("FABULA_PRESET");
    const std::string name = flag != flags.values.end() ? flag->second
                             : variable                 ? *variable
                                                        : text("preset");
    if (name.empty()) return Unit{};
    const auto preset = preset_named(name);
    if (!preset) return preset.error();
    const auto names = names_in_json(preset->json);
    if (!names) return names.error();
    return apply_settings(preset->json, *names, "preset '" + name + "'");
}

std::vector<std::string> Configuration::set_settings() const {
    std::vector<std::string> names;
    for (const auto& [name, source] : sources_) {
        if (source != "default" && !values_.contains(name)) names.push_back(name);
    }
    return names;
}

Result<Unit> Configuration::read_settings_file(const std::string& path) {
    if (path.empty()) return Unit{};
    auto text = read_file(path);
    if (!text) return text.error();
    const std::string source = "settings file '" + path + "'";
    if (text->starts_with("\xEF\xBB\xBF")) text->erase(0, 3);  // a byte order mark
    const auto first = text->find_first_not_of(" \t\r\n");
    if (first != std::string::npos && (*text)[first] == '{') {
        const auto names = names_in_json(*text);
        if (!names) return within(source, names.error());
        return apply_settings(*text, *names, source);
    }
    const auto table = settings_from_toml(*text);
    if (!table) return within(source, table.error());
    return apply_settings(table->json, table->names, source);
}

Result<Unit> Configuration::read_environment(const Environment& environment) {
    for (const auto& name : names_that_flags_have()) {
        const auto value = environment(variable_of(name));
        if (!value) continue;
        auto done = assign(name, *value, "environment " + variable_of(name));
        if (!done) return done;
    }
    return Unit{};
}

Result<Unit> Configuration::read_flags(const Flags& flags) {
    for (const auto& [name, value] : flags.values) {
        if (auto done = assign(name, value, flag_of(name)); !done) return done;
    }
    return read_lists(flags);
}

Result<Unit> Configuration::read_lists(const Flags& flags) {
    if (!flags.dry_breakers.empty()) {
        settings_.dry_breakers = flags.dry_breakers;
        sources_["dry_breakers"] = "flag --dry-breaker";
    }
    if (!flags.bad_words.empty()) {
        settings_.bad_words = flags.bad_words;
        sources_["bad_words"] = "flag --bad-word";
    }
    if (!flags.bad_patterns.empty()) {
        settings_.bad_patterns = flags.bad_patterns;
        sources_["bad_patterns"] = "flag --bad-pattern";
    }
    if (!flags.stop.empty()) {
        settings_.stop = flags.stop;
        sources_["stop"] = "flag --stop";
    }
    for (const auto& text : flags.logit_bias) {
        const auto bias = parse_bias(text);
        if (!bias) return bias.error();
        settings_.logit_bias[bias->first] = bias->second;
        sources_["logit_bias"] = "flag --logit-bias";
    }
    if (!flags.order.empty()) {
        std::vector<sample::Stage> stages;
        for (const auto& name : flags.order) {
            const auto stage = sample::stage_named(name);
            if (!stage) return within("flag --order", stage.error());
            stages.push_back(*stage);
        }
        settings_.order = sample::completed_order(std::move(stages));
        sources_["order"] = "flag --order";
    }
    if (flags.ignore_end) {
        settings_.ignore_end = true;
        sources_["ignore_end"] = "flag --ignore-end";
    }
    return Unit{};
}

Result<Configuration> Configuration::load(const Flags& flags, const std::string& file,
                                          const Environment& environment) {
    Configuration configuration;
    if (const auto done = configuration.read_config_file(file, environment); !done)
        return done.error();
    if (const auto done = configuration.read_preset(flags, environment); !done) return done.error();
    if (const auto done = configuration.read_settings_file(flags.settings_file); !done)
        return done.error();
    if (const auto done = configuration.read_environment(environment); !done) return done.error();
    if (const auto done = configuration.read_flags(flags); !done) return done.error();
    if (const auto valid = sample::validate(configuration.settings_); !valid) return valid.error();
    return configuration;
}

Result<std::uint64_t> Configuration::number(const std::string& key, std::uint64_t low,
                                            std::uint64_t high) const {
    const auto& value = text(key);
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (failure != std::errc() || end != value.data() + value.size() || number < low ||
        number > high)
        return Error{ErrorCode::invalid_input,
                     key + " '" + value + "' (" + source(key) + ") is not a whole number from " +
                         std::to_string(low) + " to " + std::to_string(high)};
    return number;
}

}  // namespace fabula::app
