// SPDX-License-Identifier: 0BSD
// Which of several continuations to take while nobody has taught a ranker: the one that the model finds
// likeliest a token, less a penalty for words copied from the story. Pure functions over text.
#pragma once

#include <span>
#include <string_view>

namespace fabula::preference {

struct Score {
    double mean_logprob = 0;      // nats a token, under the model
    double copied_share = 0;      // share of the candidate's 4-grams that stand in the story or earlier
                                  // in the candidate itself, in [0, 1]
    double value = 0;             // mean_logprob - penalty * copied_share; higher is better
};

/// Nats a token taken off for a candidate whose 4-grams are all copied.
constexpr double copy_penalty = 4.0;

/// `logprobs`: under the model, one a token. A candidate without tokens or words scores -infinity.
Score score(std::string_view story, std::string_view candidate, std::span<const float> logprobs);

/// Share of the words of `text` that lie in a 12-gram (or `n`-gram) of words that occurs more than
/// once in it, in [0, 1] (S0.24). Words as `fabula::words_of` counts them. O(words).
double repeated_share(std::string_view text, int n = 12);

}  // namespace fabula::preference
