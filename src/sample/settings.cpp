// SPDX-License-Identifier: 0BSD
#include "sample/settings.h"

#include "base/utf8.h"
#include "sample/nearest.h"

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

constexpr std::array stages{
    NamedStage{Stage::penalties, "penalties"}, NamedStage{Stage::temperature, "temperature"},
    NamedStage{Stage::top_k, "top_k"},         NamedStage{Stage::top_p, "top_p"},
    NamedStage{Stage::min_p, "min_p"},         NamedStage{Stage::typical_p, "typical_p"}};

constexpr double most_tokens = 1e6;  // more than any window or vocabulary has

enum class Low { closed, open };

Field real(const char* name, double Settings::*member, double low, double high,
           Low end = Low::closed) {
    return {name, low, high, end == Low::open, false, Settings{}.*member, "", "", member, nullptr};
}

Field whole(const char* name, int Settings::*member, double low, double high) {
    return {name, low, high,    false, true, static_cast<double>(Settings{}.*member),
            "",   "",  nullptr, member};
}

Field told(Field field, const char* hint, const char* source = "") {
    field.hint = hint;
    field.source = source;
    return field;
}

std::array<Field, 10> make_fields() {
    using S = Settings;
    return {
        told(real("temperature", &S::temperature, 0, 10),
             "How daring the words are: 0 always takes the likeliest, 1 is the model as it is.",
             "Ackley, Hinton, Sejnowski, 1985"),
        told(whole("top_k", &S::top_k, 0, most_tokens),
             "Only this many of the likeliest tokens stay in play; 0 keeps all.",
             "Fan et al., 2018, arXiv:1805.04833"),
        told(real("top_p", &S::top_p, 0, 1, Low::open),
             "Only the likeliest tokens that together reach this share stay in play; 1 keeps all.",
             "Holtzman et al., 2020, arXiv:1904.09751"),
        told(real("min_p", &S::min_p, 0, 1),
             "Only tokens at least this fraction as likely as the likeliest stay in play; 0 keeps "
             "all.",
             "Nguyen et al., 2024, arXiv:2407.01082"),
        told(real("typical_p", &S::typical_p, 0, 1, Low::open),
             "Only the tokens closest to the expected surprise that together reach this share stay "
             "in "
             "play; 1 keeps all.",
             "Meister et al., 2022, arXiv:2202.00666"),
        told(real("repetition_penalty", &S::repetition_penalty, 0, 10, Low::open),
             "Above 1, tokens that the text already has become less likely; 1 is off.",
             "Keskar et al., 2019, arXiv:1909.05858"),
        told(real("frequency_penalty", &S::frequency_penalty, -2, 2),
             "Taken off a token's logit for each time that the text has it; 0 is off.",
             "OpenAI API reference"),
        told(real("presence_penalty", &S::presence_penalty, -2, 2),
             "Taken off a token's logit once if the text has it; 0 is off.",
             "OpenAI API reference"),
        told(whole("penalty_window", &S::penalty_window, -1, most_tokens),
             "How many of the newest tokens the penalties look at; -1 is the whole text."),
        told(whole("max_new_tokens", &S::max_new_tokens, 1, most_tokens),
             "How many tokens a continuation may have; it ends at a sentence end near there."),
    };
}

std::string shown(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.15g", value);
    return text;
}

std::string range_of(const Field& field) {
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
                                               " is out of range: " + range_of(field)};
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
        if (fault)
            return Error{ErrorCode::invalid_input,
                         std::string(name) + ": entry " + std::to_string(i + 1) + " " + fault};
    }
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

std::span<const Field> fields() {
    static const auto all = make_fields();
    return all;
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
    if (auto checked = check_texts("bad_words", settings.bad_words, false); !checked)
        return checked;
    if (auto checked = check_texts("stop", settings.stop, true); !checked) return checked;
    return check_order(settings.order);
}

}  // namespace fabula::sample
