// SPDX-License-Identifier: 0BSD
// Off-policy estimates held against the truth, which is known for simulated readers: the logs of
// the random policy, targets that nobody followed, and what would have become of them.
#pragma once

#include "evaluate/simulate.h"
#include "preference/off_policy.h"

#include <cstddef>
#include <span>
#include <string>

namespace fabula::evaluate {

struct TruePickRate {
    double value = 0;
    double standard_error = 0;
};

/// How likely `reader` is to pick a candidate of `target` that stands at a drawn place among
/// candidates of the random policy, over the steps of a story: a mean of exact probabilities over
/// `draws` offers.
TruePickRate true_pick_rate(const Reader& reader, const preference::TargetPolicy& target,
                            const StoryShape& shape, std::size_t draws, const Rng& rng);

/// What one estimator came to over the seeds.
struct EstimatorRecord {
    std::size_t seeds = 0;  // that gave a figure
    double mean = 0;        // of the estimates
    double largest_relative_error = 0;
    std::size_t within_tenth = 0;  // seeds whose estimate is within 10 % of the truth
    std::size_t covering = 0;      // seeds whose 90 % interval has the truth in it
};

struct OffPolicyRecord {
    std::size_t seeds = 0;
    TruePickRate truth;
    double effective = 0;          // mean over seeds, candidates
    double effective_stories = 0;  // mean over seeds
    EstimatorRecord self_normalised;
    EstimatorRecord doubly_robust;
    std::string why_none;  // of the first seed that gave no figure
};

/// Requires a value at least.
OffPolicyRecord record_of(const TruePickRate& truth,
                          std::span<const preference::OffPolicyValue> values);

}  // namespace fabula::evaluate
