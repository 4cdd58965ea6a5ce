// SPDX-License-Identifier: 0BSD
// The sampling settings of one candidate, as data: what they are called, where they may lie, what
// they mean. The command line, JSON, the configuration file and the guide's table are made from
// `fields()`.
#pragma once

#include "base/result.h"
#include "base/token.h"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::sample {

/// The stages of a chain, in the default order: that of Hugging Face `generate`, then those that it
/// does not have. logit_bias belongs to `penalties`; bans (bad words, the end of text under
/// ignore_end, no_repeat_ngram_size, a bias of -100) are no stage: they come before the first,
/// whatever the order; and mirostat comes behind the last.
enum class Stage {
    penalties,
    dry,
    temperature,
    top_k,
    top_p,
    min_p,
    typical_p,
    epsilon_cutoff,
    eta_cutoff,
    top_n_sigma,
    xtc
};

/// "penalties", "temperature", ...; as in JSON and on the command line.
const char* name_of(Stage stage);

/// The stage of that name (underscores or dashes). Errors: invalid_input, as `field_named`.
Result<Stage> stage_named(std::string_view name);

/// `first`, then the stages that it leaves out, in the default order.
std::vector<Stage> completed_order(std::vector<Stage> first);

struct Settings {
    double temperature = 0.8;      // >= 0; 0 (below lowest_temperature) takes the likeliest token
    double dynatemp_range = 0;     // [0, 10]; temperature +- this, by the entropy; 0 is off
    double dynatemp_exponent = 1;  // (0, 10]
    int top_k = 0;                 // >= 0 tokens; 0 keeps all
    double top_p = 1.0;            // (0, 1]
    double min_p = 0.0;            // [0, 1]
    double typical_p = 1.0;        // (0, 1]
    double epsilon_cutoff = 0;     // [0, 1), a probability; 0 keeps all
    double eta_cutoff = 0;         // [0, 1), a probability; 0 keeps all
    double top_n_sigma = 0;        // [0, 100] standard deviations; 0 keeps all
    double xtc_probability = 0;    // [0, 1]; 0 is off
    double xtc_threshold = 0.1;    // [0, 1], a probability
    double mirostat_tau = 0;       // [0, 100] bits; 0 is off
    double mirostat_eta = 0.1;     // [0, 1], dimensionless
    double repetition_penalty = 1.0;  // > 0; 1 is off
    double frequency_penalty = 0.0;   // [-2, 2] a occurrence
    double presence_penalty = 0.0;    // [-2, 2]
    int penalty_window = -1;          // tokens looked back on; -1 is the whole text
    double dry_multiplier = 0;        // [0, 100]; 0 is off
    double dry_base = 1.75;           // [1, 10]
    int dry_allowed_length = 2;       // >= 1 tokens
    int dry_window = -1;              // tokens looked back on; -1 is the whole text
    int no_repeat_ngram_size = 0;     // >= 0 tokens; 0 is off
    int min_new_tokens = 0;           // >= 0
    int max_new_tokens = 64;          // >= 1
    int num_beams = 1;                // [1, 64]; above 1 the most probable text, nothing drawn
    double length_penalty = 1;        // [-10, 10], exponent of the length in a beam's score
    double penalty_alpha = 0;         // [0, 1]; above 0 contrastive search among top_k, not drawn
    std::vector<std::string> dry_breakers{"\n", ":", "\"", "*"};  // no repetition reaches across
    std::vector<std::string> bad_words;  // phrases never written, in any case and spacing
    std::vector<std::string>
        bad_patterns;                      // regular expressions (RE2) that nothing written matches
    std::vector<std::string> stop;         // the text ends before the first of these
    std::map<TokenId, double> logit_bias;  // [-100, 100], added to the logit; -100 bans
    bool ignore_end = false;               // the end of text is never drawn
    // every stage once
    std::vector<Stage> order{
        Stage::penalties,  Stage::dry,         Stage::temperature, Stage::top_k,
        Stage::top_p,      Stage::min_p,       Stage::typical_p,   Stage::epsilon_cutoff,
        Stage::eta_cutoff, Stage::top_n_sigma, Stage::xtc};

    bool operator==(const Settings&) const = default;
};

/// A temperature below this is taken as 0: the likeliest token after the penalties, whatever the
/// order.
constexpr double lowest_temperature = 1e-6;

/// One setting with a number, as people meet it.
struct Field {
    const char* name;        // "top_p": in C++, JSON, TOML; "--top-p" on the command line
    double low;              // lowest value allowed
    double high;             // highest value allowed
    bool low_is_open;        // whether `low` itself is not allowed
    bool is_whole;           // whether only whole numbers are allowed
    double standard;         // the default
    const char* unit;        // "tokens", "bits", ...; "" for a number without one
    const char* hint;        // one plain sentence
    const char* source;      // the paper, or ""
    double Settings::*real;  // one of the two is set
    int Settings::*whole;

    /// Its value in `settings`.
    double of(const Settings& settings) const {
        return real ? settings.*real : static_cast<double>(settings.*whole);
    }
};

/// "above 0 to 10", "0 to 100 (bits)".
std::string range_of(const Field& field);

/// Every numeric setting, in the order people should read them.
std::span<const Field> fields();

/// One of the other settings: the lists, the biases and the switch.
struct OtherField {
    enum class Kind { texts, stages, biases, boolean };
    const char* name;
    Kind kind;
    const char* hint;
};

/// All settings that are no numbers.
std::span<const OtherField> other_fields();

/// The field of that name (underscores or dashes). Errors: invalid_input, naming the nearest known
/// one, or all where none is near.
Result<const Field*> field_named(std::string_view name);

/// Sets one numeric setting. Errors: invalid_input, with the range, when it does not lie there.
Result<Unit> set(Settings& settings, std::string_view name, double value);

/// Whether every setting lies in its range, every stage is in the order once, every word and stop
/// string is UTF-8 with something to read in it, every pattern one that Pattern takes, and no bias
/// names a token below 0. Errors: invalid_input: "top_p 1.5 is out of range: greater than 0, at
/// most 1".
Result<Unit> validate(const Settings& settings);

}  // namespace fabula::sample
