// SPDX-License-Identifier: 0BSD
// A mean over numbers that come in stories, and how sure it is. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace fabula::evaluate {

/// The plain mean of numbers, with an interval that takes whole stories as what was drawn.
///
/// With m the mean of N numbers in G stories and r_g the sum over story g of (number - m), the
/// variance is G / (G - 1) sum r_g^2 / N^2, and the 95 % interval m +- t(G - 1) sqrt(variance);
/// with one number a story it is Student's. Source: Liang and Zeger, "Longitudinal data analysis
/// using generalized linear models", Biometrika 73 (1), 1986; Cameron and Miller, "A practitioner's
/// guide to cluster-robust inference", J. Hum. Resour. 50 (2), 2015, for the two corrections.
class ClusteredMean {
public:
    /// `value` is finite.
    void add(std::int64_t story, double value);

    std::size_t size() const { return n_; }
    std::size_t n_stories() const { return sums_.size(); }
    /// Requires size() > 0.
    double mean() const;
    /// Half of the interval's width; empty for fewer than two stories.
    std::optional<double> half_width() const;

private:
    struct Sum {
        double values = 0;
        double n = 0;
    };
    std::map<std::int64_t, Sum> sums_;
    double total_ = 0;
    std::size_t n_ = 0;
};

}  // namespace fabula::evaluate
