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

#if defined(__AVX512F__)
constexpr std::size_t n_singles = 16;
#else
constexpr std::size_t n_singles = 8;
#endif
using Singles = float __attribute__((vector_size(n_singles * sizeof(float))));
using SingleInts = std::int32_t __attribute__((vector_size(n_singles * sizeof(std::int32_t))));
constexpr std::size_t n_sums = stride / n_singles;  // together one for each entry of a stride

// What is farther below the top is taken to be here: 1e-38, which no sum notices.
constexpr float lowest_single = -87;

// lowest_single <= x <= 0 becomes e^x. Source: S. Moshier, Cephes Mathematical Library, 1992, expf:
// Cody and Waite's reduction and a polynomial of degree 7 on [-ln 2 / 2, ln 2 / 2].
FABULA_INLINE Singles exponential(const Singles& x) {
    constexpr float log2_e = 1.44269504F;
    constexpr float ln2_high = 0.693359375F;  // nine bits: times k it is exact
    constexpr float ln2_low = -2.12194440e-4F;
    constexpr float to_whole = 0x1.8p23F;  // adding it rounds to a whole number, in the low bits
    const Singles shifted = x * log2_e + to_whole;
    const Singles k = shifted - to_whole;
    const Singles r = (x - k * ln2_high) - k * ln2_low;
    const Singles r2 = r * r;
    const Singles high = (r * 1.9875691500e-4F + 1.3981999507e-3F) * r2;
    const Singles middle = r * 8.3334519073e-3F + 4.1665795894e-2F;
    const Singles low = r * 1.6666665459e-1F + 5.0000001201e-1F;
    const Singles p = (r + 1.0F) + r2 * (low + r2 * (middle + high));
    return reinterpret_cast<Singles>(reinterpret_cast<SingleInts>(p) +
                                     (reinterpret_cast<SingleInts>(shifted) << 23));
}

FABULA_INLINE Singles at_least(float least, const Singles& x) {
    const Singles bound = Singles{} + least;
    return x > bound ? x : bound;
}

// Eight sums of four entries of a stride each, the same whatever its parts are, then theirs.
FABULA_INLINE double total_of(const Singles (&parts)[n_sums]) {
    float all[stride];
    std::memcpy(all, parts, sizeof all);
    double lanes[n_lanes];
    for (std::size_t lane = 0; lane < n_lanes; ++lane) {
        const float* const of_lane = all + lane;
        lanes[lane] =
            (static_cast<double>(of_lane[0]) + static_cast<double>(of_lane[n_lanes])) +
            (static_cast<double>(of_lane[2 * n_lanes]) + static_cast<double>(of_lane[3 * n_lanes]));
    }
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
           ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

// Calls add(entries, r) with the parts of each stride, the last one filled up with -inf, and
// end_chunk() after every 32 strides.
template <typename Add, typename EndChunk>
FABULA_INLINE void over_strides(const float* row, std::size_t n, Add&& add, EndChunk&& end_chunk) {
    constexpr std::size_t chunk_size = 32 * stride;
    const auto add_stride = [&](const float* from) __attribute__((always_inline)) {
#pragma GCC unroll 4
        for (std::size_t r = 0; r < n_sums; ++r) {
            Singles x;
            std::memcpy(&x, from + r * n_singles, sizeof x);
            add(x, r);
        }
    };
    for (std::size_t begin = 0; begin < n; begin += chunk_size) {
        const std::size_t n_chunk = n - begin < chunk_size ? n - begin : chunk_size;
        const std::size_t n_whole = n_chunk - n_chunk % stride;
        for (std::size_t i = begin; i < begin + n_whole; i += stride)
            add_stride(row + i);
        if (n_whole < n_chunk) {
            float rest[stride];
            for (std::size_t i = 0; i < stride; ++i)
                rest[i] = n_whole + i < n_chunk ? row[begin + n_whole + i] : -infinite;
            add_stride(rest);
        }
        end_chunk();
    }
}

// `row` finite or -inf.
Mass model_mass(const float* row, std::size_t n, float top) {
    Mass mass;
    Singles sum[n_sums]{};
    Singles moment[n_sums]{};
    over_strides(
        row, n,
        [&](const Singles& x, std::size_t r) __attribute__((always_inline)) {
            const Singles distance = at_least(lowest_single, x - top);
            const Singles weight = exponential(distance);
            sum[r] += weight;
            moment[r] += weight * distance;
        },
        [&]() __attribute__((always_inline)) {
            mass.sum += total_of(sum);
            mass.moment += total_of(moment);
            for (std::size_t r = 0; r < n_sums; ++r)
                sum[r] = moment[r] = Singles{};
        });
    return mass;
}

// The same for rough weights: 2e-22.
constexpr float lowest_rough = -50;

// The same to 2^-16: the polynomial through 2^f at Chebyshev's five points of [-1/2, 1/2] is wrong
// by 4e-6 at most.
FABULA_INLINE Singles rough_exponential(const Singles& x) {
    constexpr float log2_e = 1.44269504F;
    constexpr float to_whole = 0x1.8p23F;
    const Singles t = x * log2_e;
    const Singles shifted = t + to_whole;
    const Singles f = t - (shifted - to_whole);
    const Singles f2 = f * f;
    const Singles p =
        (f * 0.693121016F + 1.0F) + f2 * ((f * 0.0559219755F + 0.240223497F) + f2 * 0.00966636837F);
    return reinterpret_cast<Singles>(reinterpret_cast<SingleInts>(p) +
                                     (reinterpret_cast<SingleInts>(shifted) << 23));
}

double rough_mass_below(const float* row, std::size_t n, float scale, float top, float bound) {
    double total = 0;
    Singles sum[n_sums]{};
    over_strides(
        row, n,
        [&](const Singles& x, std::size_t r) __attribute__((always_inline)) {
            const Singles weight = rough_exponential(at_least(lowest_rough, (x - top) * scale));
            // No NaN is below the bound.
            sum[r] += reinterpret_cast<Singles>(reinterpret_cast<SingleInts>(weight) & (x < bound));
        },
        [&]() __attribute__((always_inline)) {
            total += total_of(sum);
            for (std::size_t r = 0; r < n_sums; ++r)
                sum[r] = Singles{};
        });
    return total;
}

}  // namespace
}  // namespace fabula::sample
// NOLINTEND(bugprone-integer-division,modernize-loop-convert)
// NOLINTEND(readability-function-size,readability-function-cognitive-complexity)
// NOLINTEND(misc-definitions-in-headers,cppcoreguidelines-pro-type-member-init)
