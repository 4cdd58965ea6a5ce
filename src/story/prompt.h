// SPDX-License-Identifier: 0BSD
// What the model is shown: the plan of a prompt, as parts of the story chosen to fit the window,
// and notes (memory, lore) that the writer wants it to know.
//
// The plan is made for a cache of what stands in front. A part is computed again when anything
// before it has changed, so:
//   what is stable stands first: notes that have not changed for long, the opening, the story;
//   what changes from step to step stands late, before the newest sentences only;
//   where the story is longer than the room, its front is cut in hops of half the room.
// Each step then computes what is new: the notes that changed, the newest sentences behind them,
// and the passage that now stands before them. Which layout comes next depends on the one before,
// so that a step that is asked for again (an undo, another offer) has the very same prompt.
//
// It works on text; how long a text is in tokens, and where it may be cut, it asks.
#pragma once

#include "base/result.h"
#include "story/tree.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::story {

/// What a part of the prompt is. memory: facts that hold; lore: what is told of a person or a place
/// where it comes up; opening: the first passage; story: what followed; gap: in place of what is
/// left out between opening and newest text.
enum class PartKind { memory, lore, opening, story, gap };

/// "memory", "lore", "opening", "story", "gap". Errors of the second: invalid_input.
const char* name_of(PartKind kind);
Result<PartKind> part_kind_named(std::string_view name);

/// What the model should know, and what is no part of the story.
struct Note {
    PartKind kind = PartKind::memory;  // or lore
    std::string text;                  // UTF-8

    bool operator==(const Note&) const = default;
};

/// A place in a passage's text.
struct StoryPlace {
    PassageId passage{};
    std::size_t byte = 0;

    bool operator==(const StoryPlace&) const = default;
};

struct PromptPart {
    PartKind kind = PartKind::story;
    StoryPlace begin;      // opening, story: bytes [begin.byte, end) of a passage's text
    std::size_t end = 0;   //
    std::size_t note = 0;  // memory, lore: its number in the request
    bool is_late = false;  // it stands behind the cut of what is stable
    bool is_first_late = false;
    std::size_t tokens = 0;  // as measured
    std::string why;         // it is here, and in this place: for people

    bool is_note() const { return kind == PartKind::memory || kind == PartKind::lore; }
};

/// How long a part is, and where a passage may be cut.
struct Ruler {
    /// Tokens that a part takes in the prompt.
    std::function<std::size_t(const PromptPart&)> tokens;
    /// The first place of the passage at or behind a byte where no token is cut in two; at most its
    /// end.
    std::function<std::size_t(const StoryPlace&)> seam;
};

/// What an earlier prompt on the same line looked like, as far as the next one goes by it.
struct PromptBefore {
    std::vector<Note> front;        // the notes that stood first, in their order
    std::optional<StoryPlace> cut;  // where the newest text began; empty: nothing was left out
};

struct PromptRequest {
    PassageId end{};                // the passage that is gone on from
    std::size_t budget_tokens = 0;  // of the whole prompt
    std::vector<Note> notes;        // what the model should know now, in this order
    std::vector<std::size_t> ages;  // of each: prompts before this one, without a gap, that had it
    std::optional<PromptBefore> before;  // empty for the first prompt
};

struct PromptPlan {
    std::vector<PromptPart> parts;      // in the order of the prompt
    std::size_t tokens = 0;             // as measured
    std::size_t omitted_bytes = 0;      // of the story, between the opening and the newest text
    std::vector<std::size_t> left_out;  // notes that half of the budget had no room for
};

/// Plans the prompt for a continuation of `request.end`.
///
/// Notes take at most half of the budget, memory before lore, each that still fits; less where else
/// not even the last sentence of the story would fit. Of the
/// story: all of it where it fits; else the opening (at most a quarter of the budget, cut at a
/// sentence end) and the newest text, beginning at a sentence. Its cut stays while what follows
/// fits, and hops to half of the room when it does not. Memory begins at the front. What changed
/// there stands late from then on, and so does what is new; a note comes to the front again at a
/// hop, where that costs little, once it is likely to pay: when the tokens that its late place has
/// cost so far, age times length, are more than would be computed again if it changed at the front.
/// Errors: not_found (`end`), exhausted when not even the last sentence fits.
Result<PromptPlan> plan_prompt(const Tree& tree, const PromptRequest& request, const Ruler& ruler);

}  // namespace fabula::story
