// SPDX-License-Identifier: 0BSD
#include "sample/foreign_settings.h"

#include "sample/foreign_values.h"
#include "sample/nearest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <utility>

namespace fabula::sample {
namespace {

enum class How {
    as_is,
    ten_thousandths,  // theirs counts in units of 1e-4, but for Hugging Face
    window,           // 0 is the whole text
    nothing,          // has no equal, unless it is off
    silent            // not about what is drawn
};

struct Rule {
    ForeignKey key{};
    How how = How::as_is;
    std::array<double, 2> off = {0, 0};  // values that mean off, where it has no equal
};

constexpr std::array numbers{
    Rule{{"temperature,temp", "temperature", ""}},
    Rule{{"top_k", "top_k", ""}},
    Rule{{"top_p", "top_p", ""}},
    Rule{{"min_p", "min_p", ""}},
    Rule{{"typical_p,typical,typ_p", "typical_p", ""}},
    Rule{{"repetition_penalty,rep_pen,repeat_penalty", "repetition_penalty", ""}},
    Rule{{"frequency_penalty,freq_pen,frequency_pen", "frequency_penalty", ""}},
    Rule{{"presence_penalty,presence_pen", "presence_penalty", ""}},
    Rule{{"repetition_penalty_range,rep_pen_range,repeat_last_n", "penalty_window",
          "0 is the whole text"},
         How::window},
    Rule{{"epsilon_cutoff", "epsilon_cutoff", "in units of 1e-4, but for Hugging Face"},
         How::ten_thousandths},
    Rule{{"eta_cutoff", "eta_cutoff", "in units of 1e-4, but for Hugging Face"},
         How::ten_thousandths},
    Rule{{"top_n_sigma,nsigma", "top_n_sigma", "below 0 is off"}},
    Rule{{"xtc_probability", "xtc_probability", ""}},
    Rule{{"xtc_threshold", "xtc_threshold", ""}},
    Rule{{"dry_multiplier", "dry_multiplier", ""}},
    Rule{{"dry_base", "dry_base", ""}},
    Rule{{"dry_allowed_length", "dry_allowed_length", ""}},
    Rule{{"dry_penalty_last_n,dry_range", "dry_window", "0 is the whole text"}, How::window},
    Rule{{"dynatemp_range", "dynatemp_range", ""}},
    Rule{{"dynatemp_exponent", "dynatemp_exponent", ""}},
    Rule{{"no_repeat_ngram_size", "no_repeat_ngram_size", ""}},
    Rule{{"min_length,min_tokens,min_new_tokens", "min_new_tokens", ""}},
    Rule{{"max_new_tokens,max_tokens,genamt", "max_new_tokens", ""}},
    Rule{{"num_beams", "num_beams", ""}},
    Rule{{"length_penalty", "length_penalty", ""}},
    Rule{{"penalty_alpha", "penalty_alpha", ""}},
    Rule{{"top_a", "", ""}, How::nothing, {0, 0}},
    Rule{{"tfs,tfs_z", "", ""}, How::nothing, {1, 0}},
    Rule{{"smoothing_factor", "", ""}, How::nothing, {0, 0}},
    Rule{{"smoothing_curve", "", ""}, How::nothing, {1, 0}},
    Rule{{"skew", "", ""}, How::nothing, {0, 0}},
    Rule{{"rep_pen_slope", "", ""}, How::nothing, {0, 1}},
    Rule{{"rep_pen_decay,repetition_penalty_decay", "", ""}, How::nothing, {0, 0}},
    Rule{{"encoder_repetition_penalty,encoder_rep_pen", "", ""}, How::nothing, {1, 1}},
    Rule{{"guidance_scale", "", ""}, How::nothing, {1, 1}},
    Rule{{"adaptive_target", "", ""}, How::nothing, {0, -0.01}},
    Rule{{"num_return_sequences", "", ""}, How::nothing, {1, 1}},
    Rule{{"diversity_penalty", "", ""}, How::nothing, {0, 0}},
    Rule{{"num_beam_groups", "", ""}, How::nothing, {1, 1}},
};

// What is read by a rule of its own, for the guide; and what says nothing about drawing.
constexpr std::array others{
    ForeignKey{"mirostat_mode,mirostat,mirostat_tau,mirostat_eta", "mirostat_tau, mirostat_eta",
               "mode 2; mode 1 has no equal"},
    ForeignKey{"dynatemp,dynamic_temperature,dynatemp_low,min_temp,dynatemp_high,max_temp",
               "temperature, dynatemp_range", "the middle, and half the distance"},
    ForeignKey{"sampler_order,sampler_priority,samplers,temperature_last", "order", ""},
    ForeignKey{"dry_sequence_breakers", "dry_breakers", ""},
    ForeignKey{"banned_tokens,banned_strings,custom_token_bans", "bad_words",
               "texts; lists of token ids are named"},
    ForeignKey{"stopping_strings,stop,stop_sequence,custom_stopping_strings", "stop", ""},
    ForeignKey{"ban_eos_token", "ignore_end", ""},
    ForeignKey{"do_sample", "temperature 0", "where it is false"},
};
constexpr std::array<std::string_view, 36> silent{"name",
                                                  "preset",
                                                  "description",
                                                  "seed",
                                                  "add_bos_token",
                                                  "skip_special_tokens",
                                                  "streaming",
                                                  "truncation_length",
                                                  "max_length",
                                                  "max_context_length",
                                                  "ctrl_limit",
                                                  "prompt_lookup_num_tokens",
                                                  "max_tokens_second",
                                                  "auto_max_new_tokens",
                                                  "transformers_version",
                                                  "_from_model_config",
                                                  "bos_token_id",
                                                  "eos_token_id",
                                                  "pad_token_id",
                                                  "decoder_start_token_id",
                                                  "use_cache",
                                                  "early_stopping",
                                                  "negative_prompt",
                                                  "grammar_string",
                                                  "grammar",
                                                  "json_schema",
                                                  "logit_bias",
                                                  "send_banned_tokens",
                                                  "ignore_eos_token",
                                                  "spaces_between_special_tokens",
                                                  "speculative_ngram",
                                                  "include_reasoning",
                                                  "n_predict",
                                                  "sampler_seed",
                                                  "singleline",
                                                  "use_default_badwordsids"};

bool has_name(std::string_view names, std::string_view key) {
    while (!names.empty()) {
        const auto comma = std::min(names.find(','), names.size());
        if (names.substr(0, comma) == key) return true;
        names.remove_prefix(std::min(comma + 1, names.size()));
    }
    return false;
}

std::string shown(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

std::string shown(const ForeignValue& value) {
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* number = std::get_if<double>(&value)) return shown(*number);
    if (const auto* text = std::get_if<std::string>(&value)) {
        constexpr std::size_t most = 40;
        std::string line = "'" + text->substr(0, most) + (text->size() > most ? "...'" : "'");
        std::replace_if(
            line.begin(), line.end(), [](char c) { return c >= 0 && c < ' '; }, ' ');
        return line;
    }
    return std::holds_alternative<std::monostate>(value) ? "(an object)" : "(a list)";
}

Program program_of(const ForeignValues& values) {
    const auto has = [&](std::string_view key) {
        return std::ranges::any_of(values, [&](const auto& entry) { return entry.first == key; });
    };
    if (has("transformers_version") || has("_from_model_config") || has("eos_token_id"))
        return Program::huggingface;
    if ((has("temp") && has("typical_p")) || has("genamt") || has("sampler_priority_type"))
        return Program::sillytavern;
    if (has("rep_pen") || has("sampler_order") || has("typical")) return Program::kobold;
    return Program::webui;
}

std::optional<Stage> stage_of(std::string_view theirs) {
    constexpr std::array<std::pair<std::string_view, Stage>, 17> known{{
        {"repetition_penalty", Stage::penalties},
        {"presence_penalty", Stage::penalties},
        {"frequency_penalty", Stage::penalties},
        {"penalties", Stage::penalties},
        {"dry", Stage::dry},
        {"temperature", Stage::temperature},
        {"dynamic_temperature", Stage::temperature},
        {"top_k", Stage::top_k},
        {"top_p", Stage::top_p},
        {"min_p", Stage::min_p},
        {"typical_p", Stage::typical_p},
        {"typ_p", Stage::typical_p},
        {"epsilon_cutoff", Stage::epsilon_cutoff},
        {"eta_cutoff", Stage::eta_cutoff},
        {"top_n_sigma", Stage::top_n_sigma},
        {"nsigma", Stage::top_n_sigma},
        {"xtc", Stage::xtc},
    }};
    const auto found =
        std::ranges::find_if(known, [&](const auto& each) { return each.first == theirs; });
    if (found == known.end()) return {};
    return found->second;
}

class Reading {
public:
    Reading(ForeignValues values, Program program) : values_(std::move(values)) {
        found_.program = program;
        found_.settings.temperature = 1;
    }

    Result<ForeignSettings> read() && {
        read_mirostat();
        read_dynamic_temperature();
        read_order();
        for (const auto& [key, value] : values_) {
            if (!is_read(key)) read_one(key, value);
        }
        if (const auto valid = validate(found_.settings); !valid) return valid.error();
        return std::move(found_);
    }

private:
    void leave(const std::string& key, const ForeignValue& value, const std::string& why) {
        found_.left.push_back(key + " " + shown(value) + " " + why + ": left out");
    }

    void tell(const std::string& key, const ForeignValue& value, const std::string& ours) {
        found_.taken.push_back(key + " " + shown(value) + " is " + ours);
    }

    // The value of the first of `names` that is there; all of them count as read.
    const ForeignValue* take(std::string_view names) {
        const ForeignValue* first = nullptr;
        for (const auto& [key, value] : values_) {
            if (!has_name(names, key)) continue;
            read_.push_back(key);
            if (!first) first = &value;
        }
        return first;
    }

    std::optional<double> take_number(std::string_view names) {
        const auto* value = take(names);
        const auto* number = value ? std::get_if<double>(value) : nullptr;
        return number ? std::optional(*number) : std::nullopt;
    }

    bool is_read(const std::string& key) const {
        return std::ranges::find(read_, key) != read_.end();
    }

    bool set_number(const std::string& key, const ForeignValue& value, const char* ours,
                    double number) {
        const auto set = sample::set(found_.settings, ours, number);
        if (set)
            tell(key, value, std::string(ours) + " " + shown(number));
        else
            found_.left.push_back(key + ": " + set.error().message + ": left out");
        return set.has_value();
    }

    void read_mirostat() {
        const auto mode = take_number("mirostat_mode,mirostat");
        const auto tau = take_number("mirostat_tau");
        const auto eta = take_number("mirostat_eta");
        if (!mode || *mode == 0) return;
        if (*mode != 2) return leave("mirostat_mode", *mode, "has no equal here, mode 2 has");
        set_number("mirostat_tau", tau.value_or(5), "mirostat_tau", tau.value_or(5));
        set_number("mirostat_eta", eta.value_or(0.1), "mirostat_eta", eta.value_or(0.1));
    }

    void read_dynamic_temperature() {
        const auto* flag = take("dynamic_temperature,dynatemp");
        const auto low = take_number("dynatemp_low,min_temp");
        const auto high = take_number("dynatemp_high,max_temp");
        const bool is_on = flag && std::holds_alternative<bool>(*flag) && std::get<bool>(*flag);
        if (flag && !is_on) take("dynatemp_exponent");
        if (!is_on || !low || !high) return;
        take("temperature,temp");
        set_number("dynatemp_low", *low, "temperature", (*low + *high) / 2);
        set_number("dynatemp_high", *high, "dynatemp_range", std::abs(*high - *low) / 2);
    }

    // The stages of a list of theirs, each once; those that are not ours are passed over.
    static std::vector<Stage> stages_in(const ForeignValue& list) {
        // KoboldAI's numbers; top_a (1) and tfs (3) are not among ours.
        constexpr std::array<const char*, 7> by_number{
            "top_k", "", "top_p", "", "typical_p", "temperature", "penalties"};
        std::vector<std::string> names;
        if (const auto* texts = std::get_if<std::vector<std::string>>(&list)) names = *texts;
        if (const auto* ids = std::get_if<std::vector<double>>(&list)) {
            for (const double id : *ids) {
                if (id >= 0 && id < static_cast<double>(by_number.size()))
                    names.emplace_back(by_number[static_cast<std::size_t>(id)]);
            }
        }
        std::vector<Stage> order;
        for (const auto& name : names) {
            const auto stage = stage_of(name);
            if (stage && std::ranges::find(order, *stage) == order.end()) order.push_back(*stage);
        }
        return order;
    }

    void read_order() {
        const ForeignValue* const lists[] = {take("sampler_priority"), take("samplers"),
                                             take("sampler_order")};
        const auto* last = take("temperature_last");
        std::vector<Stage> order;
        for (const auto* list : lists) {
            if (list && order.empty()) order = stages_in(*list);
        }
        if (order.empty() && last && std::holds_alternative<bool>(*last) && std::get<bool>(*last)) {
            order = completed_order({});
            std::erase(order, Stage::temperature);
            order.push_back(Stage::temperature);
        }
        if (order.empty()) return;
        found_.settings.order = completed_order(std::move(order));
        std::string told;
        for (const Stage stage : found_.settings.order)
            told += std::string(told.empty() ? "" : ",") + name_of(stage);
        found_.taken.push_back("the order of the samplers is " + told);
    }

    void read_one(const std::string& key, const ForeignValue& value) {
        for (const auto& rule : numbers) {
            if (has_name(rule.key.names, key)) return read_number(rule, key, value);
        }
        if (read_list(key, value) || read_flag(key, value)) return;
        if (std::ranges::find(silent, key) != silent.end()) return;
        leave(key, value, "is not known here");
    }

    void read_number(const Rule& rule, const std::string& key, const ForeignValue& value) {
        const auto* given = std::get_if<double>(&value);
        if (!given) return leave(key, value, "is no number");
        double number = *given;
        if (rule.how == How::nothing) {
            if (number != rule.off[0] && number != rule.off[1])
                leave(key, value, "has no equal here");
            return;
        }
        if (rule.how == How::window && number <= 0) number = -1;
        if (rule.how == How::ten_thousandths && found_.program != Program::huggingface)
            number *= 1e-4;
        if (std::string_view(rule.key.ours) == "top_n_sigma" && number < 0) return;
        if (std::string_view(rule.key.ours) == "top_k" && number < 0) return;
        const Field& field = **field_named(rule.key.ours);
        if (number == field.of(Settings{}) && number == field.of(found_.settings)) return;
        set_number(key, value, rule.key.ours, number);
    }

    bool read_list(const std::string& key, const ForeignValue& value) {
        std::vector<std::string>* ours = nullptr;
        if (key == "dry_sequence_breakers") ours = &found_.settings.dry_breakers;
        if (has_name("banned_tokens,banned_strings,custom_token_bans", key))
            ours = &found_.settings.bad_words;
        if (has_name("stopping_strings,stop,stop_sequence,custom_stopping_strings", key))
            ours = &found_.settings.stop;
        if (!ours) return false;
        const auto texts = texts_in(value);
        if (!texts) {
            leave(key, value, "is no list of texts");
        } else if (!texts->empty()) {
            *ours = *texts;
            found_.taken.push_back(key + " has " + std::to_string(texts->size()) + " texts");
        }
        return true;
    }

    // Some programs keep a list as JSON inside a text, or one entry a line.
    static std::optional<std::vector<std::string>> texts_in(const ForeignValue& value) {
        if (const auto* list = std::get_if<std::vector<std::string>>(&value)) return *list;
        const auto* text = std::get_if<std::string>(&value);
        if (!text) return {};
        std::vector<std::string> texts;
        if (text->empty()) return texts;
        const std::string list = text->front() == '[' ? *text : "[" + *text + "]";
        const auto inner = foreign_values_from_json("{\"list\":" + list + "}");
        if (inner && inner->size() == 1) {
            if (const auto* found = std::get_if<std::vector<std::string>>(&inner->front().second))
                return *found;
        }
        for (std::size_t at = 0; at < text->size();) {
            const auto end = std::min(text->find('\n', at), text->size());
            if (end > at) texts.push_back(text->substr(at, end - at));
            at = end + 1;
        }
        return texts;
    }

    bool read_flag(const std::string& key, const ForeignValue& value) {
        if (key != "ban_eos_token" && key != "do_sample") return false;
        const auto* flag = std::get_if<bool>(&value);
        if (!flag) {
            leave(key, value, "is neither true nor false");
        } else if (key == "ban_eos_token" && *flag) {
            found_.settings.ignore_end = true;
            tell(key, value, "ignore_end");
        } else if (key == "do_sample" && !*flag) {
            set_number(key, value, "temperature", 0);
        }
        return true;
    }

    ForeignValues values_;
    std::vector<std::string> read_;
    ForeignSettings found_;
};

constexpr std::array<std::pair<Program, const char*>, 4> programs{
    {{Program::kobold, "kobold"},
     {Program::sillytavern, "sillytavern"},
     {Program::webui, "webui"},
     {Program::huggingface, "huggingface"}}};

}  // namespace

const char* name_of(Program program) {
    for (const auto& [known, name] : programs) {
        if (known == program) return name;
    }
    return "unknown";
}

Result<Program> program_named(std::string_view name) {
    std::vector<std::string_view> known;
    for (const auto& [program, own] : programs) {
        if (name == own) return program;
        known.emplace_back(own);
    }
    return unknown_name("program", name, known);
}

std::span<const ForeignKey> foreign_keys() {
    static const auto all = [] {
        std::vector<ForeignKey> keys;
        keys.reserve(numbers.size() + others.size());
        for (const auto& rule : numbers)
            keys.push_back(rule.key);
        keys.insert(keys.end(), others.begin(), others.end());
        return keys;
    }();
    return all;
}

Result<ForeignSettings> settings_from_foreign(std::string_view text, const Program* program) {
    if (text.size() > most_preset_bytes)
        return Error{ErrorCode::invalid_input, "preset: " + std::to_string(text.size()) +
                                                   " bytes, at most " +
                                                   std::to_string(most_preset_bytes) + " are read"};
    const auto begin = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    const bool is_json = begin != std::string_view::npos && text[begin] == '{';
    auto values =
        is_json ? foreign_values_from_json(text.substr(begin)) : foreign_values_from_yaml(text);
    if (!values) return Error{values.error().code, "preset: " + values.error().message};
    const Program whose = program ? *program : program_of(*values);
    auto found = Reading(*std::move(values), whose).read();
    if (!found) return Error{found.error().code, "preset: " + found.error().message};
    return found;
}

}  // namespace fabula::sample
