// SPDX-License-Identifier: 0BSD
// What happens while the engine works, in order. Every view of a story at work (terminal, JSON
// lines, transcripts, later HTTP and notebooks) reads these and nothing else.
#pragma once

#include "model/generator.h"
#include "preference/score.h"
#include "store/store.h"
#include "story/prompt.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace fabula::engine {

/// The story is in the store and work on it begins.
struct StoryBegan {
    store::StoryRecord record;
    std::string model;       // the one that writes now; record.model began the story
    std::string backend;     // what runs it
    std::string arithmetic;  // model::ModelInfo::arithmetic
    std::string text;        // from the opening to where it stands
    std::size_t n_steps_before = 0;
};

/// A step begins: the prompt is planned, the model has not seen it yet.
struct StepBegan {
    std::size_t step = 0;                    // from 1, counted from the opening
    std::vector<sample::Settings> settings;  // one a candidate
    std::size_t prompt_tokens = 0;           // as planned
    std::size_t omitted_bytes = 0;           // of the story, between opening and newest text
};

/// A block of a prompt, and what of it was computed.
struct ShownBlock {
    store::PromptBlock block;  // of kind "frame", without text: what a chat template puts before it
    std::size_t tokens = 0;
    std::size_t cached_tokens = 0;  // from its front on; the others were computed
    std::string why;                // it is here, and in this place: for people
};

/// What the model was shown at a step; comes once the candidates are complete.
struct PromptShown {
    std::size_t step = 0;
    std::vector<ShownBlock> blocks;     // in the order of the prompt
    std::vector<story::Note> left_out;  // notes that there was no room for
    std::size_t computed_tokens = 0;    // of all blocks
};

/// Text of one candidate as it is drawn.
struct TextDrawn {
    std::size_t step = 0;
    std::size_t index = 0;
    std::string text;
};

/// A candidate is complete and in the store.
struct CandidateWritten {
    std::size_t step = 0;
    store::CandidateRecord record;
    std::optional<model::RemoteUsage> usage = {};  // of a remote model
};

/// A candidate was taken, or something written in its place: the passage is on disk.
struct ChoiceMade {
    std::size_t step = 0;
    std::optional<std::size_t> index;  // the candidate
    std::string reason;
    story::PassageId passage{};
    std::string text;  // of the passage
};

/// Why writing ended.
enum class Finish { steps, end_of_text, no_words, stopped };
const char* name_of(Finish finish);

struct WritingDone {
    store::StoryId story{};
    std::string text;  // the whole story with its opening
    double seconds = 0;
    std::size_t tokens = 0;          // drawn, all candidates together
    std::size_t prompt_tokens = 0;   // evaluated as prompt, what the cache gave not counted
    double first_token_seconds = 0;  // of the first step
    Finish finish = Finish::steps;
};

using EventBody = std::variant<StoryBegan, StepBegan, TextDrawn, PromptShown, CandidateWritten,
                               ChoiceMade, WritingDone>;

struct Event {
    std::uint64_t sequence = 0;  // from 1, without gaps
    EventBody body;
};

using EventSink = std::function<void(const Event&)>;

/// Numbers events and hands them on, on the calling thread.
class Events {
public:
    explicit Events(EventSink sink) : sink_(std::move(sink)) {}
    void emit(EventBody body) {
        const Event event{++sequence_, std::move(body)};
        if (sink_) sink_(event);
    }

private:
    EventSink sink_;
    std::uint64_t sequence_ = 0;
};

}  // namespace fabula::engine
