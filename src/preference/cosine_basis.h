// SPDX-License-Identifier: 0BSD
// Smooth functions over the box of settings, as a sum of cosines. A value; pure functions.
#pragma once

#include "preference/settings_box.h"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace fabula::preference {

/// Products of cosines over the box, widened by two fifths on each side, so that a function need
/// not be flat at the box's edge, nor is freer there than in the middle.
///
/// Source: Solin, Särkkä, "Hilbert space methods for reduced-rank Gaussian process regression",
/// Statistics and Computing 30, 2020, arXiv:1401.5508, equations 56 and 60: a Gaussian process is a
/// ridge regression on eigenfunctions of the Laplacian, with its spectral density as their prior
/// variances. Theirs are sines, 0 at the border; ours cosines, flat there.
class CosineBasis {
public:
    using Frequencies = std::array<int, 3>;  // half waves in each direction

    /// The at most `most` products with the highest prior variances under `lengths`, as far as they
    /// matter; without the constant, which no choice depends on.
    CosineBasis(const SettingsBox& box, const Point& lengths, std::size_t most);

    std::size_t size() const { return frequencies_.size(); }
    /// In no order that means anything; all different.
    const std::vector<Frequencies>& frequencies() const { return frequencies_; }

    /// The features at `point`, [size].
    void evaluate(const Point& point, std::span<double> features) const;

    /// Prior variances of the weights, [size]: those of a Gaussian process of variance 1 with the
    /// kernel exp(-|x - y|^2 / 2) over lengths of `lengths` (in units of the box, > 0), as far as
    /// these cosines can stand for it.
    std::vector<double> variances(const Point& lengths) const;

private:
    std::vector<Frequencies> frequencies_;
    std::array<bool, 3> is_open_{};
    int highest_ = 0;  // of all frequencies
};

}  // namespace fabula::preference
