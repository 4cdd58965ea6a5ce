// SPDX-License-Identifier: 0BSD
// e to the power of every number of a row, and the sums that a softmax needs, in one pass. Only + -
// * / on doubles in a fixed order, so that two x86-64 processors give the same bits; libm's exp
// does not.
#pragma once

#include <span>

namespace fabula::sample {

/// What a row weighs, seen from its largest entry: w = e^(x - top).
struct Mass {
    double sum = 0;     // of w
    double moment = 0;  // of w (x - top), <= 0

    /// ln of the sum of e^x, less top.
    double log_sum() const;
    /// Of the softmax of the row, in nats.
    double entropy() const;
};

/// The mass of `logits` (finite or -inf) about `top`, their largest.
Mass mass_of(std::span<const float> logits, double top);

/// The same of `logits` (finite), and w itself in `weights`, of the same size.
Mass weigh(std::span<const double> logits, double top, std::span<double> weights);

}  // namespace fabula::sample
