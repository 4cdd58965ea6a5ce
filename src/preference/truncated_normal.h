// SPDX-License-Identifier: 0BSD
// The normal distribution cut to an interval. A value; pure functions.
#pragma once

namespace fabula::preference {

/// Normal with mean `centre` and deviation `deviation` (> 0), given that it falls in [low, high].
/// The centre is held to lie in it, so that no tail is ever divided by another. An interval of one
/// point is no dimension: its density there is its mass, 1.
class TruncatedNormal {
public:
    /// Requires low <= high and finite numbers.
    TruncatedNormal(double centre, double deviation, double low, double high);

    /// Per unit; 0 outside the interval.
    double density(double value) const;

    /// That it falls in [from, to], of which what lies outside the interval counts nothing.
    double mass(double from, double to) const;

    /// The value below which a share `number` in [0, 1) falls: the draw that belongs to a uniform
    /// number. Always in the interval.
    double at(double number) const;

private:
    double centre_;
    double deviation_;
    double low_;
    double high_;
    double whole_;  // mass of the uncut normal in the interval
};

}  // namespace fabula::preference
