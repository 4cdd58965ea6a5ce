// SPDX-License-Identifier: 0BSD
// Byte pair merges and sentencepiece scores: the same order in two forms. llama.cpp merges the two
// neighbours whose union is the token of the highest score; tokenizer.json lists the pairs in the
// order in which they are merged.
#pragma once

#include "base/result.h"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fabula::model::hugging_face {

using Merge = std::pair<std::string, std::string>;

/// The score of each of `tokens` (different, in the order of their ids): 0, -1, ... for those that
/// merges make, in the order of the merges, then the others. Errors: invalid_input, where scores
/// cannot say what the merges say: a token whose pairs do not stand together, or a union of two
/// tokens that is a token and not among the merges; corrupt: a merge of what are no tokens.
Result<std::vector<float>> scores_of(std::span<const std::string_view> tokens,
                                     std::span<const Merge> merges);

/// The merges that these scores stand for: the inverse of scores_of.
std::vector<Merge> merges_of(std::span<const std::string_view> tokens,
                             std::span<const float> scores);

}  // namespace fabula::model::hugging_face
