// SPDX-License-Identifier: 0BSD
// What the model is shown: the plan of a prompt, as pieces of the story chosen to fit the window.
// It works on text; how long a text is in tokens it asks a function that it is handed.
#pragma once

#include "base/result.h"
#include "story/tree.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fabula::story {

/// A piece of the prompt: bytes [begin, end) of a passage's text.
struct PromptPiece {
    PassageId passage;
    std::size_t begin = 0;
    std::size_t end = 0;

    bool operator==(const PromptPiece&) const = default;
};

struct PromptPlan {
    std::vector<PromptPiece> pieces;  // in the order of the story
    std::size_t tokens = 0;           // as measured
    std::size_t omitted_bytes =
        0;  // text between the opening and the newest text that was left out
};

/// Tokens that bytes [begin, end) of a passage take in the prompt.
using Measure = std::function<std::size_t(const PromptPiece&)>;

/// Plans the prompt for a continuation of `end` in at most `budget_tokens`.
///
/// All of it where it fits. Else the opening (at most a quarter of the budget, cut at a sentence
/// end) and as much of the newest text as fits, beginning at a sentence. The cut hops: it moves by
/// half of the room at a time, so that the front of the prompt stays the same for many steps and a
/// cache holds. Errors: not_found (`end`), exhausted when not even the last sentence fits.
Result<PromptPlan> plan_prompt(const Tree& tree, PassageId end, std::size_t budget_tokens,
                               const Measure& measure);

}  // namespace fabula::story
