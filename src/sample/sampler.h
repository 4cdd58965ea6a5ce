// SPDX-License-Identifier: 0BSD
// From a row of logits to one token, by the settings. Pure: the same row, history and number give
// the same token. The fast path over the row; `reference.h` says what is right, in float64 and by
// sorting.
//
// One pass a stage, nothing is sorted: 0.08 ms for 32,000 logits with top_p, 0.65 ms for 250,880
// (bench/sample_bench.cpp). Threads: a Sampler keeps scratch space, so one branch at a time uses
// it.
#pragma once

#include "sample/repeats.h"
#include "sample/row.h"
#include "sample/settings.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace fabula::sample {

/// A drawn token with what its choice was worth. What is said of the model's distribution is summed
/// in single precision: relative error near 1e-7.
struct Drawn {
    TokenId token = 0;
    float logprob_model =
        0;                  // natural log, under the model: temperature 1, nothing cut or penalised
    float logprob = 0;      // natural log, under the settings; 0 when it was the only one left
    float entropy = 0;      // nats, of the model's distribution
    std::int32_t rank = 0;  // 0 for the model's likeliest token; ties rank by lower id
    double mirostat_mu = 0;  // bits, for the next token; 0 where mirostat or temperature is off
};

struct Scored {
    TokenId token = 0;
    double logprob = 0;  // natural log
};

/// What of the settings is text, spelt in the tokens of one vocabulary.
struct Spelling {
    std::vector<TokenId> dry_breakers;  // ascending
};

/// What the sampler must know beyond the row.
struct Step {
    std::span<const TokenId> history{};   // the text so far, prompt and drawn tokens, oldest first
    std::span<const TokenId> banned{};    // drawn and refused at this position, end of text, ...
    double number = 0;                    // uniform in [0, 1), from the candidate's stream
    double coin = 0;                      // another, that decides whether xtc acts
    std::optional<double> mirostat_mu{};  // bits; none: 2 mirostat_tau, as for the first token
};

/// No DRY penalty is larger (nats): where nothing is drawn, and far from the end of doubles.
constexpr double most_dry_penalty = 1e6;

/// What DRY takes off the logit of a token that would go on repeating `length` tokens, at least
/// dry_allowed_length: dry_multiplier * dry_base^(length - dry_allowed_length).
double dry_penalty(const Settings& settings, std::size_t length);

class Sampler {
public:
    /// `settings` must be valid.
    explicit Sampler(Settings settings, Spelling spelling = {});

    /// Draws from `logits` [n_vocab], finite or -inf (banned), as `reference.h` defines it: of the
    /// tokens kept, ascending by id, the first up to which the probabilities together exceed
    /// step.number. Ids in the step or the biases that are not in the row are passed over. Errors:
    /// exhausted when every token is banned; corrupt when a logit is NaN or +inf.
    Result<Drawn> draw(std::span<const float> logits, const Step& step);

    /// The ids that stay in play after every stage, ascending, with their probabilities; for tests,
    /// the bench and the alternatives of a token. Errors: as draw.
    struct Kept {
        TokenId token;
        double probability;
    };
    Result<std::vector<Kept>> keep(std::span<const float> logits, const Step& step);

    /// The `n` tokens with the largest logits after bans, penalties and dry, and no other stage,
    /// ascending by id, with their log-probabilities among all that are not banned: what beam
    /// search goes by. Errors: as draw.
    Result<std::vector<Scored>> likeliest(std::span<const float> logits, const Step& step,
                                          std::size_t n);

    /// What draw() would say of `token` without the stages that cut or heat: logprob is as
    /// likeliest() has it. Requires a token that is not banned. Errors: as draw.
    Result<Drawn> trace(std::span<const float> logits, const Step& step, TokenId token);

    const Settings& settings() const { return settings_; }

private:
    Result<float> assign(std::span<const float> logits, const Step& step);
    Result<float> cut(std::span<const float> logits, const Step& step);
    Drawn drawn(std::span<const float> logits, float top, TokenId token) const;
    void ban(const Step& step);
    void count(std::span<const TokenId> history);
    void penalise(std::span<const TokenId> history);
    void penalise_repeats(std::span<const TokenId> history);
    bool is_steered() const;
    double mirostat_mu(const Step& step) const;
    double temperature();
    void run(Stage stage, const Step& step);

    Settings settings_;
    Spelling spelling_;
    Repeats repeats_;
    Row row_;
    double log_sum_before_mirostat_ = 0;
    std::vector<std::size_t> lengths_;
    std::vector<int> counts_;  // [n_vocab], how often the window has a token; 0 between draws
    std::vector<std::uint64_t> changing_;  // [n_vocab / 64], a bit a token; 0 between draws
    std::vector<TokenId> tokens_;          // those to be changed, ascending
};

}  // namespace fabula::sample
