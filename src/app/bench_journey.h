// SPDX-License-Identifier: 0BSD
// What a cache saves a writer: a story with memory and lore, on which somebody goes on, back, to
// the side and on again, and how many tokens of the prompts are computed on the way; and a story
// that is opened again by another process.
#pragma once

#include "app/open_model.h"
#include "base/result.h"
#include "engine/offer.h"
#include "model/generator.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace fabula::app {

struct JourneyOptions {
    std::size_t steps = 40;
    std::size_t candidates = 3;
    std::size_t passage_tokens = 200;  // most of a passage
    std::size_t memory_tokens = 250;   // what is known at each step
    std::size_t changed_tokens = 60;   // of these, what is new at each step
    std::size_t lore_tokens = 150;     // new at each step
    std::uint64_t seed = 1;
    /// Every fifth step is undone and offered again, and a sibling is visited; every eighth, a
    /// branch begins three passages back.
    bool wanders = false;
};

/// One offer of the journey.
struct JourneyOffer {
    /// "step": on from the newest passage; "undo": the same offer again, a step back; "sibling":
    /// on from another candidate; "back": from the first one again; "branch": the same offer again,
    /// three steps back.
    std::string kind;
    std::size_t step = 0;
    std::size_t prompt_tokens = 0;
    std::size_t computed_tokens = 0;
    std::size_t omitted_bytes = 0;
    std::size_t passage_tokens = 0;  // of the candidate that is taken
    bool has_all_notes = false;      // the prompt holds every note of its step, and no other
    double first_token_seconds = 0;
    double seconds = 0;
};

struct JourneyFigures {
    std::string model;
    std::string arithmetic;
    std::size_t window_tokens = 0;
    JourneyOptions options;
    std::vector<JourneyOffer> offers;
    double seconds = 0;
    std::uint64_t cache_bytes = 0;  // at the end
    std::uint64_t peak_rss = 0;
};

/// Writes in a database of its own that is thrown away. When stopped it has what was done.
Result<JourneyFigures> bench_journey(model::Generator& generator, const JourneyOptions& options,
                                     const std::stop_token& stop);
std::string as_json(const JourneyFigures& figures);
std::string as_text(const JourneyFigures& figures);

struct ReopenOptions {
    std::string model;
    OpenOptions open;
    std::size_t prefix_tokens = 1500;
    std::size_t n_runs = 5;
    std::uint64_t seed = 1;
};

/// Seconds from a loaded model to the first token behind a prefix: nothing known, and with the
/// pages that another model object left on disk; in turn.
struct ReopenFigures {
    std::string model;
    std::size_t prefix_tokens = 0;
    std::vector<double> cold_seconds;
    std::vector<double> reopened_seconds;
    std::vector<std::size_t> reopened_computed;  // tokens
    std::uint64_t disk_bytes = 0;                // of the pages
    std::uint64_t peak_rss = 0;
};
Result<ReopenFigures> bench_reopen(const ReopenOptions& options, const std::stop_token& stop);
std::string as_json(const ReopenFigures& figures);
std::string as_text(const ReopenFigures& figures);

}  // namespace fabula::app
