// SPDX-License-Identifier: 0BSD
#include "sample/settings.h"

#include "base/utf8.h"
#include "sample/nearest.h"
#include "sample/pattern.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>

namespace fabula::sample {
namespace {

struct NamedStage {
    Stage stage;
    std::string_view name;
};

constexpr std::array stages{NamedStage{Stage::penalties, "penalties"},
                            NamedStage{Stage::dry, "dry"},
                            NamedStage{Stage::temperature, "temperature"},
                            NamedStage{Stage::top_k, "top_k"},
                            NamedStage{Stage::top_p, "top_p"},
                            NamedStage{Stage::min_p, "min_p"},
                            NamedStage{Stage::typical_p, "typical_p"},
                            NamedStage{Stage::epsilon_cutoff, "epsilon_cutoff"},
                            NamedStage{Stage::eta_cutoff, "eta_cutoff"},
                            NamedStage{Stage::top_n_sigma, "top_n_sigma"},
                            NamedStage{Stage::xtc, "xtc"}};

std::string shown(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.15g", value);
    return text;
}

std::string bounds_of(const Field& field) {
    const std::string high = ", at most " + shown(field.high);
    const std::string low = (field.low_is_open ? "greater than " : "at least ") + shown(field.low);
    return (field.is_whole ? "a whole number, " : "") + low + high;
}

Result<Unit> check(const Field& field, double value) {
    // Written so that a NaN fails.
    const bool above = field.low_is_open ? value > field.low : value >= field.low;
    const bool lies_within = above && value <= field.high;
    if (lies_within && (!field.is_whole || value == std::floor(value))) return Unit{};
    return Error{ErrorCode::invalid_input, std::string(field.name) + " " + shown(value) +
                                               " is out of range: " + bounds_of(field)};
}

std::string_view without_white_space(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r\n\v\f");
    return begin == std::string_view::npos ? std::string_view{} : text.substr(begin);
}

Result<Unit> check_texts(const char* name, const std::vector<std::string>& texts,
                         bool may_be_blank) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const bool is_empty =
            may_be_blank ? texts[i].empty() : without_white_space(texts[i]).empty();
        const char* fault = is_empty ? "is empty" : is_utf8(texts[i]) ? nullptr : "is not UTF-8";
        if (texts[i].find('\0') != std::string::npos) fault = "has a NUL";
        if (fault)
            return Error{ErrorCode::invalid_input,
                         std::string(name) + ": entry " + std::to_string(i + 1) + " " + fault};
    }
    return Unit{};
}

constexpr int most_contrasted = 256;  // each is a branch of its own, and a row of logits

Result<Unit> check_searches(const Settings& settings) {
    if (settings.penalty_alpha <= 0) return Unit{};
    if (settings.num_beams > 1)
        return Error{ErrorCode::invalid_input,
                     "penalty_alpha and num_beams are two searches: use one of them"};
    if (settings.top_k < 2 || settings.top_k > most_contrasted)
        return Error{ErrorCode::invalid_input,
                     "penalty_alpha " + shown(settings.penalty_alpha) +
                         " wants a top_k from 2 to " + std::to_string(most_contrasted) +
                         " (4 is usual), not " + std::to_string(settings.top_k)};
    return Unit{};
}

Result<Unit> check_order(const std::vector<Stage>& order) {
    for (const auto& [stage, name] : stages) {
        const auto count = std::count(order.begin(), order.end(), stage);
        if (count != 1)
            return Error{ErrorCode::invalid_input,
                         "order: the stage " + std::string(name) +
                             (count == 0 ? " is missing" : " is doubled")};
    }
    return Unit{};
}

}  // namespace

std::string range_of(const Field& field) {
    const std::string unit = *field.unit == '\0' ? "" : " (" + std::string(field.unit) + ")";
    return (field.low_is_open ? "above " : "") + shown(field.low) + " to " + shown(field.high) +
           unit;
}

const char* name_of(Stage stage) {
    for (const auto& known : stages) {
        if (known.stage == stage) return known.name.data();
    }
    return "unknown";
}

Result<Stage> stage_named(std::string_view name) {
    std::string plain(name);
    std::replace(plain.begin(), plain.end(), '-', '_');
    std::vector<std::string_view> known;
    for (const auto& stage : stages) {
        if (stage.name == plain) return stage.stage;
        known.push_back(stage.name);
    }
    return unknown_name("stage", name, known);
}

std::vector<Stage> completed_order(std::vector<Stage> first) {
    for (const auto& known : stages) {
        if (std::find(first.begin(), first.end(), known.stage) == first.end())
            first.push_back(known.stage);
    }
    return first;
}

Result<const Field*> field_named(std::string_view name) {
    std::string plain(name);
    std::replace(plain.begin(), plain.end(), '-', '_');
    std::vector<std::string_view> known;
    for (const auto& field : fields()) {
        if (field.name == plain) return &field;
        known.emplace_back(field.name);
    }
    return unknown_name("setting", name, known);
}

Result<Unit> set(Settings& settings, std::string_view name, double value) {
    const auto field = field_named(name);
    if (!field) return field.error();
    if (auto checked = check(**field, value); !checked) return checked;
    if ((*field)->real)
        settings.*(*field)->real = value;
    else
        settings.*(*field)->whole = static_cast<int>(value);
    return Unit{};
}

Result<Unit> validate(const Settings& settings) {
    for (const auto& field : fields()) {
        if (auto checked = check(field, field.of(settings)); !checked) return checked;
    }
    for (const auto& [token, bias] : settings.logit_bias) {
        if (token < 0)
            return Error{ErrorCode::invalid_input,
                         "logit_bias: there is no token " + std::to_string(token)};
        if (!(bias >= -100 && bias <= 100))
            return Error{ErrorCode::invalid_input,
                         "logit_bias " + shown(bias) + " of token " + std::to_string(token) +
                             " is out of range: at least -100, at most 100"};
    }
    if (auto checked = check_searches(settings); !checked) return checked;
    if (auto checked = check_texts("dry_breakers", settings.dry_breakers, true); !checked)
        return checked;
    if (auto checked = check_texts("bad_words", settings.bad_words, false); !checked)
        return checked;
    if (auto checked = check_patterns(settings.bad_patterns); !checked)
        return Error{checked.error().code, "bad_patterns: " + checked.error().message};
    if (auto checked = check_texts("stop", settings.stop, true); !checked) return checked;
    return check_order(settings.order);
}

}  // namespace fabula::sample
