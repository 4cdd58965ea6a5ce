// SPDX-License-Identifier: 0BSD
// The floats in order, to find the one at which something changes.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace fabula::sample {

/// The smallest float for which `holds`, which must hold for every larger one, too; infinity where
/// it holds for no finite one. -inf is not asked about.
template <typename Holds>
float smallest_float(Holds&& holds) {
    // The bits of a float >= 0 are in its order; those of a float below 0 in the reverse of it.
    const auto float_of = [](std::int64_t place) {
        const auto bits = static_cast<std::uint32_t>(place < 0 ? -place : place);
        return std::bit_cast<float>(place < 0 ? bits | 0x80000000U : bits);
    };
    std::int64_t high = std::bit_cast<std::uint32_t>(std::numeric_limits<float>::infinity());
    std::int64_t low = -high;
    while (high - low > 1) {
        const std::int64_t middle = low + (high - low) / 2;
        (holds(float_of(middle)) ? high : low) = middle;
    }
    return float_of(high);
}

}  // namespace fabula::sample
