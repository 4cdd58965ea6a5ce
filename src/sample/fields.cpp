// SPDX-License-Identifier: 0BSD
// The table of the numeric settings: ranges, units, what they mean, and where they come from.
#include "sample/settings.h"

#include <vector>

namespace fabula::sample {
namespace {

constexpr double most_tokens = 1e6;  // more than any window or vocabulary has

enum class Low { closed, open };

Field real(const char* name, double Settings::*member, double low, double high,
           Low end = Low::closed) {
    Field field{};
    field.name = name;
    field.low = low;
    field.high = high;
    field.low_is_open = end == Low::open;
    field.standard = Settings{}.*member;
    field.real = member;
    return field;
}

Field whole(const char* name, int Settings::*member, double low) {
    Field field{};
    field.name = name;
    field.low = low;
    field.high = most_tokens;
    field.is_whole = true;
    field.standard = static_cast<double>(Settings{}.*member);
    field.whole = member;
    field.unit = "tokens";
    return field;
}

Field most(Field field, double high) {
    field.high = high;
    return field;
}

Field told(Field field, const char* hint, const char* source = "", const char* unit = nullptr) {
    field.hint = hint;
    field.source = source;
    field.unit = unit ? unit : field.unit ? field.unit : "";
    return field;
}

using S = Settings;

std::vector<Field> of_temperature_and_cuts() {
    return {
        told(real("temperature", &S::temperature, 0, 10),
             "How daring the words are: 0 always takes the likeliest, 1 is the model as it is.",
             "Ackley, Hinton, Sejnowski, 1985"),
        told(real("dynatemp_range", &S::dynatemp_range, 0, 10),
             "The temperature moves by up to this: down where the model is sure, up where it is "
             "not; "
             "0 is off.",
             "Zhang et al., 2024, arXiv:2403.14541, for the idea; kalomaze, 2023, for the formula"),
        told(real("dynatemp_exponent", &S::dynatemp_exponent, 0, 10, Low::open),
             "How the temperature follows the model's unsureness: above 1 it stays low longer.",
             "kalomaze, 2023"),
        told(whole("top_k", &S::top_k, 0),
             "Only this many of the likeliest tokens stay in play; 0 keeps all.",
             "Fan et al., 2018, arXiv:1805.04833"),
        told(real("top_p", &S::top_p, 0, 1, Low::open),
             "Only the likeliest tokens that together reach this share stay in play; 1 keeps all.",
             "Holtzman et al., 2020, arXiv:1904.09751", "probability"),
        told(real("min_p", &S::min_p, 0, 1),
             "Only tokens at least this fraction as likely as the likeliest stay in play; 0 keeps "
             "all.",
             "Nguyen et al., 2024, arXiv:2407.01082", "ratio"),
        told(real("typical_p", &S::typical_p, 0, 1, Low::open),
             "Only the tokens closest to the expected surprise that together reach this share stay "
             "in "
             "play; 1 keeps all.",
             "Meister et al., 2022, arXiv:2202.00666", "probability"),
        told(real("epsilon_cutoff", &S::epsilon_cutoff, 0, 1),
             "Only tokens at least this probable stay in play; 0 keeps all.",
             "Hewitt et al., 2022, arXiv:2210.15191", "probability"),
        told(real("eta_cutoff", &S::eta_cutoff, 0, 1),
             "As epsilon_cutoff, but more stay where the model is unsure; 0 keeps all.",
             "Hewitt et al., 2022, arXiv:2210.15191", "probability"),
        told(real("top_n_sigma", &S::top_n_sigma, 0, 100),
             "Only tokens within this many standard deviations of the best logit stay in play; 0 "
             "keeps all.",
             "Tang et al., 2024, arXiv:2411.07641", "standard deviations"),
        told(real("xtc_probability", &S::xtc_probability, 0, 1),
             "How often the most expected tokens are left out, so that a likely but less expected "
             "one "
             "is taken; 0 is off.",
             "Weidmann, 2024, XTC", "probability"),
        told(real("xtc_threshold", &S::xtc_threshold, 0, 1),
             "How probable a token must be to count as expected; the last of them stays.",
             "Weidmann, 2024, XTC", "probability"),
        told(real("mirostat_tau", &S::mirostat_tau, 0, 100),
             "The surprise a word that the text is held to, whatever the model; 0 is off.",
             "Basu et al., 2021, arXiv:2007.14966", "bits"),
        told(real("mirostat_eta", &S::mirostat_eta, 0, 1),
             "How quickly that follows the surprise of the words drawn.",
             "Basu et al., 2021, arXiv:2007.14966"),
    };
}

std::vector<Field> of_repetition() {
    return {
        told(real("repetition_penalty", &S::repetition_penalty, 0, 10, Low::open),
             "Above 1, tokens that the text already has become less likely; 1 is off.",
             "Keskar et al., 2019, arXiv:1909.05858"),
        told(real("frequency_penalty", &S::frequency_penalty, -2, 2),
             "Taken off a token's logit for each time that the text has it; 0 is off.",
             "OpenAI API reference"),
        told(real("presence_penalty", &S::presence_penalty, -2, 2),
             "Taken off a token's logit once if the text has it; 0 is off.",
             "OpenAI API reference"),
        told(whole("penalty_window", &S::penalty_window, -1),
             "How many of the newest tokens the penalties look at; -1 is the whole text."),
        told(real("dry_multiplier", &S::dry_multiplier, 0, 100),
             "How hard a word is pressed down that would go on repeating a passage of the text; 0 "
             "is off.",
             "Weidmann, 2024, DRY"),
        told(real("dry_base", &S::dry_base, 1, 10),
             "By which factor that grows with each token the repetition is longer.",
             "Weidmann, 2024, DRY"),
        told(whole("dry_allowed_length", &S::dry_allowed_length, 1),
             "Repetitions shorter than this are free.", "Weidmann, 2024, DRY"),
        told(whole("dry_window", &S::dry_window, -1),
             "How many of the newest tokens DRY looks at; -1 is the whole text."),
        told(whole("no_repeat_ngram_size", &S::no_repeat_ngram_size, 0),
             "No run of this many tokens comes twice; 0 is off.",
             "Paulus et al., 2018, arXiv:1705.04304"),
    };
}

std::vector<Field> of_lengths_and_searches() {
    return {
        told(whole("min_new_tokens", &S::min_new_tokens, 0),
             "The model may not end the text before this many tokens."),
        told(whole("max_new_tokens", &S::max_new_tokens, 1),
             "How many tokens a continuation may have; it ends at a sentence end near there."),
        told(most(whole("num_beams", &S::num_beams, 1), 64),
             "Above 1 nothing is drawn: this many beginnings are followed for the most probable "
             "text.",
             "Hugging Face generate, beam search", "beams"),
        told(real("length_penalty", &S::length_penalty, -10, 10),
             "For beams: above 0 longer texts score better, below 0 shorter ones.",
             "Hugging Face generate; Wu et al., 2016, arXiv:1609.08144, for the idea"),
        told(real("penalty_alpha", &S::penalty_alpha, 0, 1),
             "Above 0 nothing is drawn: of the top_k likeliest tokens that is taken which is least "
             "like what was written, by this much.",
             "Su et al., 2022, arXiv:2202.06417"),
    };
}

std::vector<Field> all_fields() {
    auto all = of_temperature_and_cuts();
    for (const auto& more : {of_repetition(), of_lengths_and_searches()})
        all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace

std::span<const Field> fields() {
    static const auto all = all_fields();
    return all;
}

std::span<const OtherField> other_fields() {
    using Kind = OtherField::Kind;
    static constexpr OtherField all[] = {
        {"dry_breakers", Kind::texts, "No repetition that DRY sees reaches across these."},
        {"bad_words", Kind::texts, "Never written, in any case and white space."},
        {"bad_patterns", Kind::texts, "Regular expressions (RE2) that the text never matches."},
        {"stop", Kind::texts, "The text ends before the first of these."},
        {"logit_bias", Kind::biases, "Added to a token's logit; -100 bans it."},
        {"ignore_end", Kind::boolean, "Whether the model may never end the text."},
        {"order", Kind::stages, "The samplers, in the order in which they act."},
    };
    return all;
}

}  // namespace fabula::sample
