// SPDX-License-Identifier: 0BSD
// From a story to the prompt that a model gets: the plan of `story/prompt.h` with the tokens that
// the passages were drawn with.
#pragma once

#include "model/generator.h"
#include "store/store.h"

namespace fabula::engine {

struct StoryPrompt {
    model::Prompt prompt;
    std::size_t tokens = 0;         // as measured, without a chat frame
    std::size_t omitted_bytes = 0;  // left out between the opening and the newest text
};

enum class Chat { off, on };

/// The prompt for a continuation of `end` of at most `max_new_tokens`.
/// Errors: not_found, exhausted (nothing fits), invalid_input (the window is smaller than the
/// answer).
Result<StoryPrompt> make_prompt(const store::Story& story, story::PassageId end, int max_new_tokens,
                                Chat chat, const model::Generator& generator);

/// Refuses an opening that no prompt can hold. Errors: invalid_input with both figures.
Result<Unit> check_opening(std::string_view opening, int max_new_tokens,
                           const model::Generator& generator);

}  // namespace fabula::engine
