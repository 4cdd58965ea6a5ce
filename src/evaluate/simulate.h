// SPDX-License-Identifier: 0BSD
// Stories of simulated readers: what a policy would have shown them, and what they would have
// picked. No words are written, since a reader of readers.h looks at the settings alone.
#pragma once

#include "base/rng.h"
#include "evaluate/readers.h"
#include "preference/proposer.h"
#include "sample/settings.h"

#include <cstddef>

namespace fabula::evaluate {

struct StoryShape {
    std::size_t steps = 8;       // offers a story
    std::size_t candidates = 3;  // an offer
    sample::Settings base;       // what the policy does not draw
};

/// Which stories: from `first` on, `count` of them. Story n is the same whichever others there are.
struct StoryRange {
    std::size_t first = 0;
    std::size_t count = 0;
};

/// One candidate that `proposer` shows at `place`.
preference::SeenCandidate shown_candidate(const preference::Proposer& proposer,
                                          const preference::Place& place,
                                          const sample::Settings& base, const Rng& rng);

/// The offers of these stories, oldest first. Candidates are shown in an order that is drawn, each
/// order as likely; the reader picks as readers.h says. Story, step and candidate name the streams
/// below `rng`.
preference::History simulate(const Reader& reader, const preference::Proposer& proposer,
                             const StoryShape& shape, const StoryRange& stories, const Rng& rng);

}  // namespace fabula::evaluate
