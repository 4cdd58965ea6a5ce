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

/// The temperature of the adaptive policy where nobody set one: cooler than is usual, for text that
/// the model finds likely, since the loops that cool text falls into are what is watched for.
constexpr double adaptive_temperature = 0.5;

/// Looks at `story`, the text from the opening to where it stands, whose last `newest_bytes` are
/// new; `logprobs`: of the newest tokens under the model. O(words).
Watch watch(std::string_view story, std::size_t newest_bytes, std::span<const float> logprobs);

/// `proposal` as it should be in view of `watch`. Runs of tokens that come again are always made
/// unlikely (DRY), the more urgently the more the story stagnates: a run counts from six tokens on,
/// and from three when stagnation is 1. Beside that, candidates of one offer leave the trap by
/// different ways, by place.index modulo 3: 0 lowers the temperature, by 30 % when stagnation is
/// 1; 1 widens what top_k and typical_p cut; 2 changes nothing else. Drift lowers the temperature
/// of all, by 40 % when it is 1. A proposal whose temperature, top_k or typical_p were changed has
/// no propensity any more.
Proposal adapted(Proposal proposal, const Watch& watch, const Place& place);

/// "20 % of the newest words came before" or "".
std::string in_words(const Watch& watch);

}  // namespace fabula::preference
