// SPDX-License-Identifier: 0BSD
// e to the power of every number of a row, and the sums that a softmax needs, in one pass. Only + -
// * / on doubles in a fixed order, so that two x86-64 processors give the same bits; libm's exp
// does not.
#pragma once

#include "sample/histogram.h"

#include <cstddef>
#include <span>

namespace fabula::sample {

/// Sums are made of blocks of this many entries, so that one entry is found without walking all.
constexpr std::size_t block_size = 4096;

inline std::size_t n_blocks_of(std::size_t n) {
    return (n + block_size - 1) / block_size;
}

/// What a row weighs, seen from its largest entry: w = e^(x - top).
struct Mass {
    double sum = 0;     // of w
    double moment = 0;  // of w (x - top), <= 0

    /// ln of the sum of e^x, less top.
    double log_sum() const;
    /// Of the softmax of the row, in nats.
    double entropy() const;
};

/// How a number x of a row is seen: as the logit x * scale, with the weight e^(x * scale - top).
struct Frame {
    double scale = 1;
    double top = 0;  // no logit is larger
};

/// The mass of `row` (finite, or -inf or NaN, which weigh nothing): that of each block goes to
/// `block_sums` [n_blocks_of(row.size())], and their sum in order is the mass's. Where a histogram
/// is given, started with the same top, every weight is added to it.
Mass mass_of(std::span<const float> row, Frame frame, std::span<double> block_sums,
             Histogram* histogram = nullptr);

/// The weights alone, those that mass_of() adds up, in `weights`, of the same size.
void weigh(std::span<const float> row, Frame frame, std::span<double> weights);

/// The mass of `logits` about `top`, the largest, and their weights in `weights`, of the same size.
Mass weigh(std::span<const double> logits, double top, std::span<double> weights);

}  // namespace fabula::sample
