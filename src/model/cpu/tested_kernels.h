// SPDX-License-Identifier: 0BSD
// For tests: the kernels that this processor runs, and what they are compared by.
#pragma once

#include "model/cpu/kernels.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace fabula::model::cpu {

inline std::vector<const Kernels*> tested_kernels() {
    std::vector<const Kernels*> found;
    for (const char* const name : {"avx512", "avx2", "portable"}) {
        if (const Kernels* const kernels = find_kernels(name)) found.push_back(kernels);
    }
    return found;
}

constexpr double half_unit = 0x1p-24;  // of a float's last place, relative

/// Index of the first number whose bits differ, or the length.
inline std::size_t first_difference(std::span<const float> a, std::span<const float> b) {
    std::size_t i = 0;
    while (i < a.size() && i < b.size() &&
           std::bit_cast<std::uint32_t>(a[i]) == std::bit_cast<std::uint32_t>(b[i]))
        ++i;
    return i;
}

inline bool same_bits(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && first_difference(a, b) == a.size();
}

}  // namespace fabula::model::cpu
