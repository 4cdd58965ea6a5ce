// SPDX-License-Identifier: 0BSD
// e to the power of every number of a row, and the sums that a softmax needs, in one pass. Only + -
// * on doubles in a fixed order, so that two x86-64 processors give the same bits; libm's exp does
// not.
#pragma once

#include "sample/histogram.h"
#include "sample/row_kernels.h"

#include <cstddef>
#include <span>

namespace fabula::sample {

constexpr std::size_t n_blocks_of(std::size_t n) {
    return (n + block_size - 1) / block_size;
}

/// The mass of `row` (finite, or -inf or NaN, which weigh nothing): the sum of each block goes to
/// `block_sums` [n_blocks_of(row.size())], and their sum in order is the mass's. Where a histogram
/// is given, started with the same top, every weight is added to it.
Mass mass_of(std::span<const float> row, Frame frame, std::span<double> block_sums,
             Histogram* histogram = nullptr);

/// The weights alone, those that mass_of() adds up, in `weights`, of the same size.
void weigh(std::span<const float> row, Frame frame, std::span<double> weights);

/// The mass of `logits` about `top`, the largest, and their weights in `weights`, of the same size.
Mass weigh(std::span<const double> logits, double top, std::span<double> weights);

}  // namespace fabula::sample
