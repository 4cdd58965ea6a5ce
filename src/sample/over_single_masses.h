// SPDX-License-Identifier: 0BSD
// Weights in single precision, where that is enough: what a whole row weighs as the model gave it,
// for what is told of a token beside its draw (log-probability under the model, entropy), to some
// 1e-7; and, rougher, what lies so far below the top that it hardly counts. Sums of 32 terms are
// single, those of the sums double.
#pragma once

#include "sample/over_floats.h"

// One file includes this, and what it defines stays in it.
// NOLINTBEGIN(misc-definitions-in-headers,cppcoreguidelines-pro-type-member-init)
// NOLINTBEGIN(readability-function-size,readability-function-cognitive-complexity)
// NOLINTBEGIN(bugprone-integer-division,modernize-loop-convert)
namespace fabula::sample {
namespace {

// What is farther below the top is taken to be here: 1e-38, which no sum notices.
constexpr float lowest_single = -87;

// lowest_single <= x <= 0 becomes e^x. Source: S. Moshier, Cephes Mathematical Library, 1992, expf:
// Cody and Waite's reduction and a polynomial of degree 7 on [-ln 2 / 2, ln 2 / 2].
FABULA_INLINE Eight exponential(const Eight& x) {
    constexpr float log2_e = 1.44269504F;
    constexpr float ln2_high = 0.693359375F;  // nine bits: times k it is exact
    constexpr float ln2_low = -2.12194440e-4F;
    constexpr float to_whole = 0x1.8p23F;  // adding it rounds to a whole number, in the low bits
    const Eight shifted = x * log2_e + to_whole;
    const Eight k = shifted - to_whole;
    const Eight r = (x - k * ln2_high) - k * ln2_low;
    const Eight r2 = r * r;
    const Eight high = (r * 1.9875691500e-4F + 1.3981999507e-3F) * r2;
    const Eight middle = r * 8.3334519073e-3F + 4.1665795894e-2F;
    const Eight low = r * 1.6666665459e-1F + 5.0000001201e-1F;
    const Eight p = (r + 1.0F) + r2 * (low + r2 * (middle + high));
    return reinterpret_cast<Eight>(reinterpret_cast<EightInts>(p) +
                                   (reinterpret_cast<EightInts>(shifted) << 23));
}

struct SingleSums {
    Eight sum[n_running]{};
    Eight moment[n_running]{};
};

FABULA_INLINE void add_eight(const Eight& x, float top, std::size_t r, SingleSums& sums) {
    Eight distance = Eight{} + lowest_single;
    raise(distance, x - top);
    const Eight weight = exponential(distance);
    sums.sum[r] += weight;
    sums.moment[r] += weight * distance;
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
#pragma GCC unroll 4
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

// The same for rough weights: 2e-22.
constexpr float lowest_rough = -50;

// The same to 2^-16: the polynomial through 2^f at Chebyshev's five points of [-1/2, 1/2] is wrong
// by 4e-6 at most.
FABULA_INLINE Eight rough_exponential(const Eight& x) {
    constexpr float log2_e = 1.44269504F;
    constexpr float to_whole = 0x1.8p23F;
    const Eight t = x * log2_e;
    const Eight shifted = t + to_whole;
    const Eight f = t - (shifted - to_whole);
    const Eight f2 = f * f;
    const Eight p =
        (f * 0.693121016F + 1.0F) + f2 * ((f * 0.0559219755F + 0.240223497F) + f2 * 0.00966636837F);
    return reinterpret_cast<Eight>(reinterpret_cast<EightInts>(p) +
                                   (reinterpret_cast<EightInts>(shifted) << 23));
}

// No NaN is below the bound.
FABULA_INLINE void add_rough(const Eight& x, float scale, float top, float bound, Eight& sum) {
    Eight distance = Eight{} + lowest_rough;
    raise(distance, (x - top) * scale);
    const Eight weight = rough_exponential(distance);
    sum += reinterpret_cast<Eight>(reinterpret_cast<EightInts>(weight) & (x < bound));
}

double rough_mass_below(const float* row, std::size_t n, float scale, float top, float bound) {
    constexpr std::size_t chunk_size = 32 * stride;
    double total = 0;
    std::size_t i = 0;
    while (i < n) {
        Eight sums[n_running]{};
        const std::size_t n_chunk = n - i < chunk_size ? n - i : chunk_size;
        const std::size_t end = i + n_chunk - n_chunk % stride;
        for (; i < end; i += stride) {
#pragma GCC unroll 4
            for (std::size_t r = 0; r < n_running; ++r)
                add_rough(load_eight(row + i + r * n_lanes), scale, top, bound, sums[r]);
        }
        for (std::size_t r = 0; r < n_running && n - i < stride && i < n; ++r) {
            float rest[n_lanes];
            for (std::size_t lane = 0; lane < n_lanes; ++lane)
                rest[lane] = i + lane < n ? row[i + lane] : -infinite;
            add_rough(load_eight(rest), scale, top, bound, sums[r]);
            i += n_lanes;
        }
        total += total_of(sums);
    }
    return total;
}

}  // namespace
}  // namespace fabula::sample
// NOLINTEND(bugprone-integer-division,modernize-loop-convert)
// NOLINTEND(readability-function-size,readability-function-cognitive-complexity)
// NOLINTEND(misc-definitions-in-headers,cppcoreguidelines-pro-type-member-init)
