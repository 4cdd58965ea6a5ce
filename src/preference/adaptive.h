// SPDX-License-Identifier: 0BSD
// Watches a story for the two ways in which it goes wrong by itself, and changes the settings that
// any other policy proposed: a text that comes round again, and one that has lost its thread.
// Pure functions over text and numbers.
#pragma once

#include "preference/policy.h"
#include "preference/proposer.h"

#include <span>
#include <string>
#include <string_view>

namespace fabula::preference {

/// How the newest words of a story stand to those before them.
struct Watch {
    /// Share of the newest words that lie in a run of six words that stands earlier in the text,
    /// in [0, 1].
    double repeated_share = 0;
    /// Share of the newest different words that stand nowhere earlier, in [0, 1]; 1 where there is
    /// nothing earlier.
    double new_words_share = 1;
    /// Nats a token of the newest passages under the model; empty where none was generated.
    std::optional<double> mean_logprob;
    /// How urgently something must change, each in [0, 1].
    double stagnation = 0;  // it comes round again
    double drift = 0;       // its words have become unlikely: it has lost the thread
};

/// Looks at `story`, the text from the opening to where it stands, whose last `newest_bytes` are
/// new; `logprobs`: of the newest tokens under the model. O(words).
Watch watch(std::string_view story, std::size_t newest_bytes, std::span<const float> logprobs);

/// `proposal` as it should be in view of `watch`. Candidates of one offer leave the trap by
/// different ways (`place.index`), so that a person or the score may choose which. What was changed
/// is a function of the story, so the propensity stays that of what was drawn, and a proposal whose
/// drawn settings were changed has none.
Proposal adapted(Proposal proposal, const Watch& watch, const Place& place);

/// "20 % of the newest words came before" or "".
std::string in_words(const Watch& watch);

}  // namespace fabula::preference
