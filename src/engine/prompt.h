// SPDX-License-Identifier: 0BSD
// From a story to the prompt that a model gets: the plan of `story/prompt.h` with the tokens that
// the passages were drawn with, and the notes as the model reads them.
#pragma once

#include "model/generator.h"
#include "store/store.h"
#include "story/prompt.h"

#include <string>
#include <string_view>
#include <vector>

namespace fabula::engine {

/// A block of a prompt, with what it is. The block of a passage may be followed by another one of
/// the same part, where a stop string cut its last token in two.
struct StoryBlock {
    store::PromptBlock block;
    bool is_late = false;
    std::string why;
};

struct StoryPrompt {
    model::Prompt prompt;
    std::vector<StoryBlock> blocks;     // those of `prompt`, in order
    std::size_t tokens = 0;             // as measured, without a chat frame
    std::size_t omitted_bytes = 0;      // left out between the opening and the newest text
    std::vector<story::Note> left_out;  // notes that there was no room for
};

enum class Chat { off, on };

struct PromptOptions {
    int max_new_tokens = 0;  // of the answer
    Chat chat = Chat::off;
    std::vector<story::Note> notes;  // what the model should know, in this order
};

/// The prompt for a continuation of `end`. It follows from the story, the notes and the prompt that
/// the passage `end` came from, and from nothing else: the same question gives the same prompt.
/// Errors: not_found, exhausted (nothing fits), invalid_input (the window is smaller than the
/// answer).
Result<StoryPrompt> make_prompt(const store::Story& story, story::PassageId end,
                                const PromptOptions& options, const model::Generator& generator);

/// The notes of the story's last prompt, wherever it stood; none where there is none.
std::vector<story::Note> last_notes(const store::Story& story);

/// Each line of `text` that is not empty, once, as a note of that kind; without white space around
/// it, brackets around all of it, and a byte order mark.
std::vector<story::Note> notes_in(std::string_view text, story::PartKind kind);

/// Refuses an opening that no prompt can hold. Errors: invalid_input with both figures.
Result<Unit> check_opening(std::string_view opening, int max_new_tokens,
                           const model::Generator& generator);

}  // namespace fabula::engine
