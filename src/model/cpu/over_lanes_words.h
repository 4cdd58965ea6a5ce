// SPDX-License-Identifier: 0BSD
// What the kernels over lanes have in common. See over_lanes.h.
#pragma once

#include "model/cpu/kernels.h"

// One file includes this, and what it defines stays in it.
// NOLINTBEGIN(misc-definitions-in-headers,cppcoreguidelines-init-variables,readability-function-size)
// NOLINTBEGIN(readability-function-cognitive-complexity,bugprone-integer-division)
namespace fabula::model::cpu {
namespace {

using F = Lanes::F;
using I = Lanes::I;
using B = Lanes::B;
using Byte = std::uint8_t;
using Half = std::uint16_t;

constexpr std::size_t n_lanes = 16;
constexpr std::size_t group = group_rows;

inline void store_some(float* out, F sums, std::size_t n) {
    if (n >= n_lanes) {
        Lanes::store(out, sums);
        return;
    }
    float lanes[n_lanes];
    Lanes::store(lanes, sums);
    for (std::size_t i = 0; i < n; ++i)
        out[i] = lanes[i];
}

}  // namespace
}  // namespace fabula::model::cpu
// NOLINTEND(readability-function-cognitive-complexity,bugprone-integer-division)
// NOLINTEND(misc-definitions-in-headers,cppcoreguidelines-init-variables,readability-function-size)
