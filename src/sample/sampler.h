// SPDX-License-Identifier: 0BSD
// From a row of logits to one token, by the settings. Pure: the same row, history and number give
// the same token. The fast path over the row; `reference.h` says what is right, in float64 and by
// sorting.
//
// One pass a stage, nothing is sorted; 0.2 ms for 32,000 logits with top_p
// (bench/sample_bench.cpp). Threads: a Sampler keeps scratch space, so one branch at a time uses
// it.
#pragma once

#include "sample/row.h"
#include "sample/settings.h"

#include <cstdint>
#include <span>
#include <vector>

namespace fabula::sample {

/// A drawn token with what its choice was worth.
struct Drawn {
    TokenId token = 0;
    float logprob_model =
        0;                  // natural log, under the model: temperature 1, nothing cut or penalised
    float logprob = 0;      // natural log, under the settings; 0 when it was the only one left
    float entropy = 0;      // nats, of the model's distribution
    std::int32_t rank = 0;  // 0 for the model's likeliest token; ties rank by lower id
};

/// What the sampler must know beyond the row.
struct Step {
    std::span<const TokenId> history{};  // the text so far, prompt and drawn tokens, oldest first
    std::span<const TokenId> banned{};   // drawn and refused at this position, end of text, ...
    double number = 0;                   // uniform in [0, 1), from the candidate's stream
};

class Sampler {
public:
    /// `settings` must be valid. `bad_sequences`: token spellings of bad words; a token that would
    /// complete one behind the history is banned.
    explicit Sampler(Settings settings, std::vector<std::vector<TokenId>> bad_sequences = {});

    /// Draws from `logits` [n_vocab], finite or -inf (banned), as `reference.h` defines it: of the
    /// tokens kept, ascending by id, the first up to which the probabilities together exceed
    /// step.number. Ids in the step, the biases or the bad sequences that are not in the row are
    /// passed over. Errors: exhausted when every token is banned; corrupt when a logit is NaN or
    /// +inf.
    Result<Drawn> draw(std::span<const float> logits, const Step& step);

    /// The ids that stay in play after every stage, ascending, with their probabilities; for tests,
    /// the bench and the alternatives of a token. Errors: as draw.
    struct Kept {
        TokenId token;
        double probability;
    };
    Result<std::vector<Kept>> keep(std::span<const float> logits, const Step& step);

    const Settings& settings() const { return settings_; }

private:
    Result<float> cut(std::span<const float> logits, const Step& step);
    void ban(const Step& step);
    void penalise(std::span<const TokenId> history);
    void run(Stage stage, std::span<const TokenId> history);

    Settings settings_;
    std::vector<std::vector<TokenId>> bad_sequences_;
    Row row_;
    std::vector<int> counts_;  // [n_vocab], how often the window has a token; 0 between draws
    std::vector<std::uint64_t> changing_;  // [n_vocab / 64], a bit a token; 0 between draws
    std::vector<TokenId> tokens_;          // those to be changed, ascending
};

}  // namespace fabula::sample
