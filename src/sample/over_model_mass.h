// SPDX-License-Identifier: 0BSD
// What a whole row weighs, as the model gave it: a pass in single precision, for what is told of a
// token beside its draw (log-probability under the model, entropy). Sums of 32 terms are single,
// those of the sums double: the relative error stays near 1e-7.
#pragma once

#include "sample/over_floats.h"

// One file includes this, and what it defines stays in it.
// NOLINTBEGIN(misc-definitions-in-headers,cppcoreguidelines-pro-type-member-init)
// NOLINTBEGIN(readability-function-size,readability-function-cognitive-complexity)
// NOLINTBEGIN(bugprone-integer-division,modernize-loop-convert)
namespace fabula::sample {
namespace {

// Below this e^x is taken as 0.
constexpr float lowest_single = -87;

// x <= 0 becomes e^x. Source: S. Moshier, Cephes Mathematical Library, 1992, expf: Cody and Waite's
// reduction and a polynomial of degree 7 on [-ln 2 / 2, ln 2 / 2].
FABULA_INLINE Eight exponential(const Eight& x) {
    constexpr float log2_e = 1.44269504F;
    constexpr float ln2_high = 0.693359375F;  // nine bits: times k it is exact
    constexpr float ln2_low = -2.12194440e-4F;
    constexpr float to_whole = 0x1.8p23F;  // adding it rounds to a whole number, in the low bits
    const EightInts is_something = x >= lowest_single;
    const Eight bounded = is_something ? x : Eight{};
    const Eight shifted = bounded * log2_e + to_whole;
    const Eight k = shifted - to_whole;
    const Eight r = (bounded - k * ln2_high) - k * ln2_low;
    const Eight r2 = r * r;
    const Eight high = (r * 1.9875691500e-4F + 1.3981999507e-3F) * r2;
    const Eight middle = r * 8.3334519073e-3F + 4.1665795894e-2F;
    const Eight low = r * 1.6666665459e-1F + 5.0000001201e-1F;
    const Eight p = (r + 1.0F) + r2 * (low + r2 * (middle + high));
    const EightInts scaled =
        reinterpret_cast<EightInts>(p) + (reinterpret_cast<EightInts>(shifted) << 23);
    return reinterpret_cast<Eight>(scaled & is_something);
}

struct SingleSums {
    Eight sum[n_running]{};
    Eight moment[n_running]{};
};

FABULA_INLINE void add_eight(const Eight& x, float top, std::size_t r, SingleSums& sums) {
    const Eight distance = x - top;
    const Eight weight = exponential(distance);
    sums.sum[r] += weight;
    // -inf times 0 would be no number.
    sums.moment[r] += distance >= lowest_single ? weight * distance : Eight{};
}

FABULA_INLINE double total_of(const Eight (&parts)[n_running]) {
    double lanes[n_lanes];
    for (std::size_t lane = 0; lane < n_lanes; ++lane)
        lanes[lane] = (static_cast<double>(parts[0][lane]) + static_cast<double>(parts[1][lane])) +
                      (static_cast<double>(parts[2][lane]) + static_cast<double>(parts[3][lane]));
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
           ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

// `row` finite or -inf.
Mass model_mass(const float* row, std::size_t n, float top) {
    constexpr std::size_t chunk_size = 32 * stride;
    Mass mass;
    std::size_t i = 0;
    while (i < n) {
        SingleSums sums;
        const std::size_t n_chunk = n - i < chunk_size ? n - i : chunk_size;
        const std::size_t end = i + n_chunk - n_chunk % stride;
        for (; i < end; i += stride) {
            for (std::size_t r = 0; r < n_running; ++r)
                add_eight(load_eight(row + i + r * n_lanes), top, r, sums);
        }
        for (std::size_t r = 0; r < n_running && n - i < stride && i < n; ++r) {
            float rest[n_lanes];
            for (std::size_t lane = 0; lane < n_lanes; ++lane)
                rest[lane] = i + lane < n ? row[i + lane] : -infinite;
            add_eight(load_eight(rest), top, r, sums);
            i += n_lanes;
        }
        mass.sum += total_of(sums.sum);
        mass.moment += total_of(sums.moment);
    }
    return mass;
}

}  // namespace
}  // namespace fabula::sample
// NOLINTEND(bugprone-integer-division,modernize-loop-convert)
// NOLINTEND(readability-function-size,readability-function-cognitive-complexity)
// NOLINTEND(misc-definitions-in-headers,cppcoreguidelines-pro-type-member-init)
