// SPDX-License-Identifier: 0BSD
#include "sample/passes.h"

#include <algorithm>
#include <cassert>

namespace fabula::sample {

void drop_equal(std::span<float> row, float x, std::size_t n_kept) {
    std::size_t begin = 0;
    for (; begin < row.size(); begin += block_size) {
        const std::size_t n =
            count_equal(row.subspan(begin, std::min(block_size, row.size() - begin)), x);
        if (n > n_kept) break;
        n_kept -= n;
    }
    for (; begin < row.size() && n_kept > 0; ++begin)
        n_kept -= row[begin] == x ? 1 : 0;
    if (begin < row.size())
        row_kernels().replace(row.data() + begin, row.size() - begin, x, -infinite);
}

void maxima_of(std::span<const float> row, std::span<float> maxima) {
    assert(maxima.size() == row.size() / maximum_block);
    row_kernels().maxima(row.data(), maxima.size(), maxima.data());
}

}  // namespace fabula::sample
