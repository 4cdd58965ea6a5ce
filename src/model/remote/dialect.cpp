// SPDX-License-Identifier: 0BSD
#include "model/remote/dialect.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace fabula::model {
namespace {

constexpr std::size_t n_dialects = 9;
constexpr std::array<const char*, n_dialects> dialect_names{"plain",  "openai",       "openrouter",
                                                            "vllm",   "llama-server", "koboldcpp",
                                                            "fabula", "tgi",          "ollama"};

// What each calls a setting; "" where it has none.
struct Row {
    const char* ours = "";
    std::array<const char*, n_dialects> theirs{};
    bool is_always_sent = false;  // where a server may have a default that is not off
};

// Sources: OpenAI API reference; OpenRouter, "Parameters"; vLLM, "Extra parameters for Completions
// and Chat API"; llama.cpp tools/server/README.md; KoboldCpp API; TGI's OpenAPI document; Ollama
// docs/api.md and docs/modelfile.md.
constexpr std::array<Row, 31> rows{{
    {"temperature",
     {"temperature", "temperature", "temperature", "temperature", "temperature", "temperature",
      "temperature", "temperature", "temperature"},
     true},
    {"top_p",
     {"top_p", "top_p", "top_p", "top_p", "top_p", "top_p", "top_p", "top_p", "top_p"},
     true},
    {"top_k", {"", "", "top_k", "top_k", "top_k", "top_k", "top_k", "top_k", "top_k"}, true},
    {"min_p", {"", "", "min_p", "min_p", "min_p", "min_p", "min_p", "", "min_p"}, true},
    {"typical_p",
     {"", "", "", "", "typical_p", "typical", "typical_p", "typical_p", "typical_p"},
     true},
    {"repetition_penalty",
     {"", "", "repetition_penalty", "repetition_penalty", "repeat_penalty", "rep_pen",
      "repetition_penalty", "repetition_penalty", "repeat_penalty"},
     true},
    {"frequency_penalty",
     {"frequency_penalty", "frequency_penalty", "frequency_penalty", "frequency_penalty",
      "frequency_penalty", "frequency_penalty", "frequency_penalty", "frequency_penalty",
      "frequency_penalty"}},
    {"presence_penalty",
     {"presence_penalty", "presence_penalty", "presence_penalty", "presence_penalty",
      "presence_penalty", "presence_penalty", "presence_penalty", "", "presence_penalty"}},
    {"penalty_window",
     {"", "", "", "", "repeat_last_n", "rep_pen_range", "penalty_window", "", "repeat_last_n"}},
    {"dynatemp_range",
     {"", "", "", "", "dynatemp_range", "dynatemp_range", "dynatemp_range", "", ""}},
    {"dynatemp_exponent",
     {"", "", "", "", "dynatemp_exponent", "dynatemp_exponent", "dynatemp_exponent", "", ""}},
    {"epsilon_cutoff", {"", "", "", "", "", "", "epsilon_cutoff", "", ""}},
    {"eta_cutoff", {"", "", "", "", "", "", "eta_cutoff", "", ""}},
    {"top_n_sigma", {"", "", "", "", "top_n_sigma", "nsigma", "top_n_sigma", "", ""}},
    {"xtc_probability",
     {"", "", "", "", "xtc_probability", "xtc_probability", "xtc_probability", "", ""}},
    {"xtc_threshold", {"", "", "", "", "xtc_threshold", "xtc_threshold", "xtc_threshold", "", ""}},
    {"mirostat_tau", {"", "", "", "", "mirostat_tau", "mirostat_tau", "mirostat_tau", "", ""}},
    {"mirostat_eta", {"", "", "", "", "mirostat_eta", "mirostat_eta", "mirostat_eta", "", ""}},
    {"dry_multiplier",
     {"", "", "", "", "dry_multiplier", "dry_multiplier", "dry_multiplier", "", ""}},
    {"dry_base", {"", "", "", "", "dry_base", "dry_base", "dry_base", "", ""}},
    {"dry_allowed_length",
     {"", "", "", "", "dry_allowed_length", "dry_allowed_length", "dry_allowed_length", "", ""}},
    {"dry_window",
     {"", "", "", "", "dry_penalty_last_n", "dry_penalty_last_n", "dry_window", "", ""}},
    {"no_repeat_ngram_size", {"", "", "", "", "", "", "no_repeat_ngram_size", "", ""}},
    {"min_new_tokens", {"", "", "", "min_tokens", "", "", "min_new_tokens", "", ""}},
    {"num_beams", {"", "", "", "", "", "", "num_beams", "", ""}},
    {"length_penalty", {"", "", "", "", "", "", "length_penalty", "", ""}},
    {"penalty_alpha", {"", "", "", "", "", "", "penalty_alpha", "", ""}},
    // Those that are no numbers.
    {"bad_words", {"", "", "", "bad_words", "", "", "bad_words", "", ""}},
    {"ignore_end", {"", "", "", "ignore_eos", "ignore_eos", "", "ignore_end", "", ""}},
    {"logit_bias",
     {"logit_bias", "logit_bias", "logit_bias", "logit_bias", "logit_bias", "logit_bias",
      "logit_bias", "", ""}},
    {"bad_patterns", {"", "", "", "", "", "", "bad_patterns", "", ""}},
}};

std::size_t number_of(Dialect dialect) {
    return static_cast<std::size_t>(dialect);
}

const Row* row_of(std::string_view ours) {
    const auto* const found =
        std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return ours == row.ours; });
    return found == rows.end() ? nullptr : &*found;
}

// Servers that cut and penalise by themselves unless they are told not to.
bool has_own_defaults(Dialect dialect) {
    return dialect == Dialect::vllm || dialect == Dialect::llama_server ||
           dialect == Dialect::koboldcpp || dialect == Dialect::ollama;
}

// TGI takes neither a temperature of 0 nor a cut that is off.
bool is_sendable(Dialect dialect, const sample::Field& field, double value) {
    const std::string_view name = field.name;
    if (dialect != Dialect::tgi) return true;
    return name == "temperature" ? value > 0 : value != field.standard;
}

// Of the settings that are no numbers, those that are set.
std::vector<std::string> other_settings(const sample::Settings& settings) {
    const sample::Settings standard;
    std::vector<std::string> names;
    if (!settings.bad_words.empty()) names.emplace_back("bad_words");
    if (!settings.bad_patterns.empty()) names.emplace_back("bad_patterns");
    if (!settings.logit_bias.empty()) names.emplace_back("logit_bias");
    if (settings.ignore_end) names.emplace_back("ignore_end");
    if (settings.order != standard.order) names.emplace_back("order");
    if (settings.dry_multiplier > 0 && settings.dry_breakers != standard.dry_breakers)
        names.emplace_back("dry_breakers");
    return names;
}

}  // namespace

const char* name_of(Dialect dialect) {
    return dialect_names[number_of(dialect)];
}

Dialect usual_dialect(RemoteApi api) {
    if (api == RemoteApi::huggingface) return Dialect::tgi;
    return api == RemoteApi::ollama ? Dialect::ollama : Dialect::plain;
}

Dialect dialect_of(std::string_view owner, std::string_view host) {
    const auto is_at = [&](std::string_view domain) {
        return host == domain ||
               (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
    };
    if (is_at("openrouter.ai")) return Dialect::openrouter;
    if (is_at("openai.com")) return Dialect::openai;
    if (owner == "llamacpp") return Dialect::llama_server;
    if (owner == "vllm") return Dialect::vllm;
    if (owner == "koboldcpp") return Dialect::koboldcpp;
    if (owner == "fabula") return Dialect::fabula;
    return Dialect::plain;
}

SentSettings sent_settings(Dialect dialect, const sample::Settings& settings,
                           const std::set<std::string>& unknown) {
    SentSettings sent;
    for (const auto& field : sample::fields()) {
        const std::string_view ours = field.name;
        if (ours == "max_new_tokens") continue;
        const double value = field.of(settings);
        const auto* const row = row_of(ours);
        const bool is_set = value != field.standard || ours == "temperature";
        const auto theirs = name_in(dialect, ours);
        if (!theirs || unknown.contains(*theirs)) {
            if (is_set) sent.left_out.emplace_back(ours);
            continue;
        }
        const bool is_wanted = is_set || (row->is_always_sent && has_own_defaults(dialect));
        if (is_wanted && is_sendable(dialect, field, value))
            sent.numbers.push_back({*theirs, std::string(ours), value, field.is_whole});
    }
    for (auto& name : other_settings(settings)) {
        const auto theirs = name_in(dialect, name);
        if (!theirs || unknown.contains(*theirs)) sent.left_out.push_back(std::move(name));
    }
    return sent;
}

std::optional<std::string> name_in(Dialect dialect, std::string_view ours) {
    // Its lists are ours, by their names.
    if (dialect == Dialect::fabula && (ours == "order" || ours == "dry_breakers"))
        return std::string(ours);
    if (dialect == Dialect::llama_server && ours == "dry_breakers") return "dry_sequence_breakers";
    const auto* const row = row_of(ours);
    if (row == nullptr) return std::nullopt;
    const std::string theirs = row->theirs[number_of(dialect)];
    return theirs.empty() ? std::nullopt : std::optional(theirs);
}

bool has_n(Dialect dialect) {
    return dialect == Dialect::openai || dialect == Dialect::vllm || dialect == Dialect::fabula;
}

}  // namespace fabula::model
