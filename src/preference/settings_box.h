// SPDX-License-Identifier: 0BSD
// The box of settings that policies learn in: temperature, ln top_k and typical_p, each from 0 to 1
// over the ranges of the random policy; and draws about a point of it. Values and pure functions.
#pragma once

#include "preference/history.h"
#include "preference/policy.h"

#include <array>

namespace fabula::preference {

/// (temperature, ln top_k, typical_p), each in [0, 1].
using Point = std::array<double, 3>;

class SettingsBox {
public:
    /// Requires valid ranges.
    explicit SettingsBox(const RandomRanges& ranges);

    /// Where `settings` lie; what is outside the ranges counts as at their end, and top_k 0 (all
    /// tokens) as the highest top_k. A range of one point is 0.
    Point at(const SeenCandidate& settings) const;

    /// `base` with the three settings of `point`; top_k is rounded, and the temperature is at most
    /// the ceiling of that top_k.
    sample::Settings settings(const Point& point, const sample::Settings& base) const;

    /// `point` with a temperature not above the ceiling at its top_k: the nearest that the random
    /// policy draws, too.
    Point within_ceiling(Point point) const;

    /// Whether a direction has any room.
    bool is_open(std::size_t direction) const { return width_[direction] > 0; }

    /// Units of temperature, ln top_k and typical_p that 1 stands for.
    const Point& width() const { return width_; }
    const RandomRanges& ranges() const { return ranges_; }

private:
    RandomRanges ranges_;
    Point low_;
    Point width_;
};

/// `random_density` of a candidate as it was seen.
double random_density(const RandomRanges& ranges, const SeenCandidate& settings);

/// A cloud about `centre` that a policy draws from: normal in temperature, ln top_k and typical_p
/// with deviations `widths` (in units of the box, > 0), cut to the ranges and, given top_k, to the
/// ceiling of temperature, to which the centre is moved where it lies above.
struct Cloud {
    Point centre{};
    Point widths{};
};

/// Draws with numbers 0 (top_k), 1 (temperature) and 2 (typical_p) of `rng`; what is not drawn is
/// as in `base`.
sample::Settings drawn(const Cloud& cloud, const SettingsBox& box, const sample::Settings& base,
                       const Rng& rng);

/// The density of `drawn`, in the measure of `Proposal::propensity`. The draw of ln top_k is over
/// [ln low, ln (high + 1)], and k stands for [ln k, ln (k + 1)), its centre for ln (k + 1/2).
double density(const Cloud& cloud, const SettingsBox& box, const SeenCandidate& settings);

}  // namespace fabula::preference
