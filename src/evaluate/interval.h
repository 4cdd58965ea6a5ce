// SPDX-License-Identifier: 0BSD
// A mean over seeds, and how sure it is.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace fabula::evaluate {

/// The quantile 0.975 of Student's t with `degrees` degrees of freedom, to 0.001. Requires at least
/// one.
double t_quantile(std::size_t degrees);

struct MeanInterval {
    double mean = 0;
    std::optional<double> low;  // of the 95 % interval; empty for a single value
    std::optional<double> high;
};

/// mean +- t s / sqrt(n), s with n - 1 in its denominator. Requires at least one value.
///
/// Source: Student, "The probable error of a mean", Biometrika 6 (1), 1908.
MeanInterval mean_interval(std::span<const double> values);

}  // namespace fabula::evaluate
