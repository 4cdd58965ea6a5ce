// SPDX-License-Identifier: 0BSD
// A plain model of how likely a candidate is to be picked, from its settings alone: the direct part
// of the doubly robust estimate. It may be wrong; it must not be wild.
#pragma once

#include "preference/dense_matrix.h"
#include "preference/history.h"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace fabula::preference {

/// Ridge regression of picks (0 or 1) on the polynomials of degree 3 in temperature, ln top_k and
/// typical_p, each brought to mean 0 and deviation 1 and cut at 3 deviations: 20 numbers.
///
/// Source: Hoerl, Kennard, "Ridge Regression: Biased Estimation for Nonorthogonal Problems",
/// Technometrics 12 (1), 1970. The constant is not shrunk.
class PickRegression {
public:
    static constexpr std::size_t n_features = 20;
    using Features = std::array<double, n_features>;

    /// Where the settings lie and how far they reach: what makes features comparable.
    struct Scaling {
        std::array<double, 3> mean{};
        std::array<double, 3> deviation{1, 1, 1};  // 1 where nothing varies

        Features features(const SeenCandidate& candidate) const;
    };
    /// Requires a candidate at least.
    static Scaling scaling_of(std::span<const SeenCandidate> candidates);

    /// Least squares with `penalty` times the squared weights. rows: [n, n_features]; picks: [n].
    PickRegression(const Matrix& rows, std::span<const double> picks, double penalty = 10);

    /// In [0, 1].
    double probability(std::span<const double> features) const;

private:
    std::vector<double> weights_;
};

}  // namespace fabula::preference
