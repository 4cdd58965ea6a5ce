// SPDX-License-Identifier: 0BSD
// Which of several continuations to take while nobody has taught a ranker: the one that the model
// finds likeliest a token, less a penalty for words copied from the story. Pure functions over
// text.
#pragma once

#include <span>
#include <string_view>

namespace fabula::preference {

struct Score {
    double mean_logprob = 0;  // nats a token, under the model; no number where none is known
    double copied_share = 0;  // of the candidate's 4-grams, in [0, 1]
    double value = 0;         // mean_logprob - penalty * copied_share; higher is better
};

/// Share of the candidate's 4-grams of words that stand earlier in the text which story and
/// candidate make together, in [0, 1]; 0 for a candidate of fewer than four words. Words as
/// `fabula::words_of` counts them. O(words of both).
double copied_share(std::string_view story, std::string_view candidate);

/// Nats a token taken off for a candidate whose 4-grams are all copied.
constexpr double copy_penalty = 4.0;

/// value = mean of `logprobs` - copy_penalty * copied_share. `logprobs`: under the model, one a
/// token. A candidate without tokens or words scores -infinity.
Score score(std::string_view story, std::string_view candidate, std::span<const float> logprobs);

/// The same for a candidate of which the model told no log-probabilities: value =
/// -copy_penalty * copied_share, and -infinity without words.
Score score_without_logprobs(std::string_view story, std::string_view candidate);

/// Which occurrences of a repeated n-gram count: every one, or those after the first, which a
/// reader meets again.
enum class Occurrences { all, later };

/// Share of the words of `text` that lie in a 12-gram (or `n`-gram) of words that occurs more than
/// once in it, in [0, 1] (S0.24). Words as `fabula::words_of` counts them. O(words). `later` gives
/// the smaller figure: a text written twice has 1 by `all`, about 1/2 by `later`.
double repeated_share(std::string_view text, int n = 12, Occurrences counted = Occurrences::all);

}  // namespace fabula::preference
