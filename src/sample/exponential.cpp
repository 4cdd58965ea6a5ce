// SPDX-License-Identifier: 0BSD
#include "sample/exponential.h"

#include <algorithm>
#include <cassert>

namespace fabula::sample {

Mass mass_of(std::span<const float> row, Frame frame, std::span<double> block_sums,
             Histogram* histogram) {
    assert(block_sums.size() == n_blocks_of(row.size()));
    const Buckets buckets = histogram ? histogram->buckets() : Buckets{};
    Mass total;
    for (std::size_t b = 0; b < block_sums.size(); ++b) {
        const std::size_t begin = b * block_size;
        const Mass mass = row_kernels().weigh_floats(
            row.data() + begin, std::min(row.size() - begin, block_size), frame, nullptr, buckets);
        block_sums[b] = mass.sum;
        total.sum += mass.sum;
        total.moment += mass.moment;
    }
    return total;
}

void weigh(std::span<const float> row, Frame frame, std::span<double> weights) {
    assert(row.size() == weights.size());
    for (std::size_t i = 0; i < row.size(); i += block_size)
        row_kernels().weigh_floats(row.data() + i, std::min(row.size() - i, block_size), frame,
                                   weights.data() + i, {});
}

Mass weigh(std::span<const double> logits, double top, std::span<double> weights) {
    assert(logits.size() == weights.size());
    Mass total;
    for (std::size_t i = 0; i < logits.size(); i += block_size) {
        const Mass mass =
            row_kernels().weigh_doubles(logits.data() + i, std::min(logits.size() - i, block_size),
                                        {1, top}, weights.data() + i, {});
        total.sum += mass.sum;
        total.moment += mass.moment;
    }
    return total;
}

}  // namespace fabula::sample
