// SPDX-License-Identifier: 0BSD
#include "evaluate/off_policy_check.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace fabula::evaluate {
namespace {

// Which stream of an offer draws what.
enum Stream : std::uint64_t { for_target = 0, for_companions = 1, for_place = 2 };

void add(EstimatorRecord& record, const preference::PickEstimate& estimate, double truth) {
    const double error = std::abs(estimate.value - truth) / truth;
    const auto n = static_cast<double>(++record.seeds);
    record.mean += (estimate.value - record.mean) / n;
    record.largest_relative_error = std::max(record.largest_relative_error, error);
    if (error <= 0.1) ++record.within_tenth;
    if (estimate.low <= truth && truth <= estimate.high) ++record.covering;
}

}  // namespace

TruePickRate true_pick_rate(const Reader& reader, const preference::TargetPolicy& target,
                            const StoryShape& shape, std::size_t draws, const Rng& rng) {
    assert(draws >= 2);
    const preference::RandomRanges ranges;
    double sum = 0;
    double squares = 0;
    preference::SeenOffer offer;
    for (std::size_t i = 0; i < draws; ++i) {
        const auto stream = rng.child(i);
        offer.step = 1 + i % shape.steps;
        offer.shown.clear();
        const auto n = static_cast<double>(shape.candidates);
        const auto place = static_cast<std::size_t>(stream.child(for_place).uniform(0) * n);
        for (std::size_t j = 0; j < shape.candidates; ++j) {
            if (j == place) {
                offer.shown.push_back(
                    target.draw(offer.step, shape.candidates, stream.child(for_target)));
                continue;
            }
            const auto companion =
                preference::propose(preference::Policy::random, shape.base, ranges,
                                    stream.child(for_companions).child(j));
            offer.shown.push_back(preference::seen(companion.settings, companion.propensity));
        }
        const double probability = pick_probabilities(reader, offer)[place];
        sum += probability;
        squares += probability * probability;
    }
    const auto n = static_cast<double>(draws);
    const double variance = (squares - sum * sum / n) / (n - 1);
    return {sum / n, std::sqrt(std::max(0.0, variance) / n)};
}

OffPolicyRecord record_of(const TruePickRate& truth,
                          std::span<const preference::OffPolicyValue> values) {
    assert(!values.empty());
    OffPolicyRecord record;
    record.seeds = values.size();
    record.truth = truth;
    for (const auto& value : values) {
        const auto n = static_cast<double>(values.size());
        record.effective += value.effective / n;
        record.effective_stories += value.effective_stories / n;
        if (value.self_normalised) add(record.self_normalised, *value.self_normalised, truth.value);
        if (value.doubly_robust) add(record.doubly_robust, *value.doubly_robust, truth.value);
        if (record.why_none.empty()) record.why_none = value.why_none;
    }
    return record;
}

}  // namespace fabula::evaluate
