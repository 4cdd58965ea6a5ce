// SPDX-License-Identifier: 0BSD
// The most probable text instead of a drawn one: beam search over whatever gives the likeliest next
// tokens of some beginnings. Knows no model and no text.
#pragma once

#include "base/result.h"
#include "base/token.h"
#include "sample/sampler.h"

#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

namespace fabula::model {

struct BeamSearch {
    std::size_t num_beams = 1;    // beginnings that are followed at once
    double length_penalty = 1;    // a text's score is its log-probability / tokens^length_penalty
    std::size_t most_tokens = 1;  // a text is complete with this many, ended or not
};

/// A text found.
struct Hypothesis {
    std::vector<TokenId> tokens;  // without the end
    double score = 0;
    bool is_ended = false;  // whether the model ended it; the end counts as a token in the score

    bool operator==(const Hypothesis&) const = default;
};

/// The `n` likeliest next tokens of each of `beginnings`, in any order, fewer where there are not
/// as many, with their log-probabilities.
using Followers = std::function<Result<std::vector<std::vector<sample::Scored>>>(
    std::span<const std::vector<TokenId>> beginnings, std::size_t n)>;

/// The text with the best score that the search finds; `ends`: the tokens that end a text. Ties go
/// to the better beginning, then to the lower token id. Errors: exhausted where no text can begin;
/// those of `followers`. Where `stop` is requested: the best of what it has.
///
/// Source: Hugging Face transformers, `generate` with num_beams and early_stopping=False
/// (BeamSearchScorer): 2 num_beams extensions a step, ends count where they are among the first
/// num_beams, num_beams texts are kept, and the search is over when the worst of them is at least
/// as good as the best beginning would be if it ended here. Ours takes no more than most_tokens.
Result<Hypothesis> beam_search(const BeamSearch& search, std::span<const TokenId> ends,
                               const Followers& followers, const std::stop_token& stop);

}  // namespace fabula::model
