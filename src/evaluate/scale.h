// SPDX-License-Identifier: 0BSD
// What could be reached with a reader, at most and by chance: the two ends of the scale on which a
// policy is measured.
#pragma once

#include "evaluate/readers.h"
#include "preference/policy.h"

#include <cstddef>

namespace fabula::evaluate {

/// The settings within `ranges` that `reader` likes best at `step`, found on a dense grid and then
/// by climbing: for temperature and typical_p to 1e-9 of their range.
preference::SeenCandidate best_for(const Reader& reader, std::size_t step,
                                   const preference::RandomRanges& ranges);

/// The expected utility at `step` of settings that the random policy draws: a sum over top_k, the
/// midpoint rule over the others, at most a quarter of the width of the narrowest peak from node to
/// node (400 nodes at most).
double random_utility(const Reader& reader, std::size_t step,
                      const preference::RandomRanges& ranges);

/// Utilities, each a mean over the steps of a story.
struct Scale {
    double random = 0;  // expected, of the random policy
    double oracle = 0;  // of the best settings within the ranges at each step

    /// 0 as good as random, 1 as good as can be; below 0 worse than random.
    double share_of(double utility) const { return (utility - random) / (oracle - random); }
};

/// Errors: invalid_input where the reader likes nothing within the ranges more than anything else.
Result<Scale> scale_of(const Reader& reader, std::size_t steps,
                       const preference::RandomRanges& ranges);

}  // namespace fabula::evaluate
