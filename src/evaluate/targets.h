// SPDX-License-Identifier: 0BSD
// Policies that draw and that nobody follows, to try estimates on: clouds of stated widths about
// the middle of what the random policy draws.
#pragma once

#include "preference/off_policy.h"
#include "preference/policy.h"

#include <string>
#include <vector>

namespace fabula::evaluate {

/// A truncated normal cloud; widths are standard deviations before it is cut to the ranges.
struct StatedTarget {
    std::string name;
    preference::SeenCandidate centre;
    double temperature_width = 0;
    double ln_top_k_width = 0;
    double typical_p_width = 0;
    preference::TargetPolicy policy;
};

/// narrow, middle, wide: deviations of 0.15, 0.3 and 0.6 of each range, about the middle of
/// temperature, ln top_k and typical_p.
std::vector<StatedTarget> stated_targets(const preference::RandomRanges& ranges);

}  // namespace fabula::evaluate
