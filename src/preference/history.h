// SPDX-License-Identifier: 0BSD
// What people were shown and what they picked, as the policies learn from it. Values only: the
// store fills it, simulated readers do, an import does; nobody here knows which.
#pragma once

#include "base/result.h"
#include "sample/settings.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fabula::preference {

/// One candidate as somebody saw it: the settings that policies learn about.
struct SeenCandidate {
    double temperature = 0;
    int top_k = 0;  // 0: all tokens stay in play
    double typical_p = 1;
    int max_new_tokens = 0;
    /// Density with which a policy drew the settings, in the measure of `Proposal::propensity`;
    /// empty where nothing was drawn.
    std::optional<double> propensity;

    bool operator==(const SeenCandidate&) const = default;
};

/// `settings` as a policy sees them.
SeenCandidate seen(const sample::Settings& settings, std::optional<double> propensity);

/// One offer that somebody decided on.
struct SeenOffer {
    std::int64_t story = 0;             // which one; what is held out together has one number
    std::size_t step = 1;               // counted from 1 at the story's opening
    std::vector<SeenCandidate> shown;   // in the order shown
    std::optional<std::size_t> picked;  // a place in `shown`; empty: none of them was good enough

    bool operator==(const SeenOffer&) const = default;
};

/// Oldest first.
using History = std::vector<SeenOffer>;

/// Whether a policy can learn from `history`: every number is one, and in range.
/// Errors: invalid_input, naming the story, the step and the setting.
Result<Unit> validate(const History& history);

}  // namespace fabula::preference
