// SPDX-License-Identifier: 0BSD
// The weights of a row, over sixteen lanes. A file that includes this is compiled for one kind of
// processor, without contraction of a * b + c. Nothing of the standard library's inline code is
// used, so that none of it is left behind in a form that other processors cannot run.
#pragma once

#include "sample/row_kernels.h"
#include "sample/wide.h"

// One file includes this, and what it defines stays in it.
// NOLINTBEGIN(misc-definitions-in-headers,cppcoreguidelines-pro-type-member-init)
// NOLINTBEGIN(readability-function-size,readability-function-cognitive-complexity)
// NOLINTBEGIN(bugprone-integer-division,modernize-loop-convert)
namespace fabula::sample {
namespace {

constexpr std::size_t chunk = 256;  // entries between two visits to the buckets
static_assert(block_size % chunk == 0 && chunk % wide_size == 0);

// x <= 0, -inf and NaN included, becomes e^x, and 0 where x < lowest or NaN; gives x e^x.
// x / ln 2 = k + f, |f| <= 1/2; a polynomial of the tenth degree (Estrin's order) for 2^f, times
// 2^k put into the exponent bits. It is the one with p(0) = 1 and the smallest relative error on
// that range, 5.3e-15 (E. Remez, 1934); rounding x / ln 2 adds 1.2e-16 |x|.
FABULA_INLINE Wide exponential(Wide& x) {
    constexpr double lowest = -700;  // e^x is 1e-304 there, far from any sum it could change
    constexpr double log2_e = 1.4426950408889634;
    constexpr double to_whole = 0x1.8p52;  // adding it rounds to a whole number, in the low bits
    constexpr double c1 = 0x1.62e42fefa3babp-1;
    constexpr double c2 = 0x1.ebfbdff82f45dp-3;
    constexpr double c3 = 0x1.c6b08d7000adcp-5;
    constexpr double c4 = 0x1.3b2ab6f54eef8p-7;
    constexpr double c5 = 0x1.5d87fef83181ap-10;
    constexpr double c6 = 0x1.430924d47c2fcp-13;
    constexpr double c7 = 0x1.ffca7bf760c53p-17;
    constexpr double c8 = 0x1.629775fb5108ep-20;
    constexpr double c9 = 0x1.b7274a354f87bp-24;
    constexpr double c10 = 0x1.13013fd00d388p-27;

    Bits is_something[n_parts];
    FABULA_EACH {
        is_something[part] = x.parts[part] >= lowest;
        x.parts[part] =
            reinterpret_cast<Numbers>(reinterpret_cast<Bits>(x.parts[part]) & is_something[part]);
    }
    const Wide t = x * log2_e;
    const Wide shifted = t + to_whole;
    const Wide f = t - (shifted - to_whole);
    const Wide f2 = f * f;
    const Wide f4 = f2 * f2;
    const Wide high = (f * c9 + c8) + f2 * c10;
    const Wide middle = (f * c5 + c4) + f2 * (f * c7 + c6);
    const Wide low = (f * c1 + 1.0) + f2 * (f * c3 + c2);
    const Wide p = low + f4 * (middle + f4 * high);
    Wide product;
    FABULA_EACH {
        const Bits scaled = reinterpret_cast<Bits>(p.parts[part]) +
                            (reinterpret_cast<Bits>(shifted.parts[part]) << 52);
        const auto weight = reinterpret_cast<Numbers>(scaled & is_something[part]);
        product.parts[part] = weight * x.parts[part];
        x.parts[part] = weight;
    }
    return product;
}

struct Sums {
    Wide sum = all(0);
    Wide moment = all(0);
};

FABULA_INLINE void store_offsets(const Wide& x, double per_nat, std::int32_t* offsets) {
    store_whole(at_most(x * -per_nat, Buckets::n - 1), Buckets::lanes, offsets);
}

// Up to a chunk of entries, a whole number of sixteens. The order of the additions is written here,
// not chosen by a compiler. `weights` and `offsets` are null where they are not wanted.
template <typename Real>
FABULA_INLINE void over_chunk(const Real* row, std::size_t n, Frame frame, Sums& sums,
                              double* weights, std::int32_t* offsets, double per_nat) {
    for (std::size_t i = 0; i < n; i += wide_size) {
        Wide x = load(row + i) * frame.scale - frame.top;
        if (offsets) store_offsets(x, per_nat, offsets + i);
        const Wide product = exponential(x);
        sums.sum = sums.sum + x;
        sums.moment = sums.moment + product;
        if (weights) store(x, weights + i);
    }
}

// `n` a multiple of the lanes; an offset is where a bucket begins.
FABULA_INLINE void scatter(const double* weights, const std::int32_t* offsets, std::size_t n,
                           double* sums) {
    static_assert(Buckets::lanes == 4);
    for (std::size_t i = 0; i < n; i += Buckets::lanes) {
        sums[static_cast<std::uint32_t>(offsets[i])] += weights[i];
        sums[static_cast<std::uint32_t>(offsets[i + 1]) + 1] += weights[i + 1];
        sums[static_cast<std::uint32_t>(offsets[i + 2]) + 2] += weights[i + 2];
        sums[static_cast<std::uint32_t>(offsets[i + 3]) + 3] += weights[i + 3];
    }
}

FABULA_INLINE double total(const Wide& wide) {
    double lanes[wide_size];
    store(wide, lanes);
    for (std::size_t n = wide_size / 2; n > 0; n /= 2) {
        for (std::size_t lane = 0; lane < n; ++lane)
            lanes[lane] += lanes[lane + n];
    }
    return lanes[0];
}

// Most rows say no at once.
template <typename Real>
FABULA_INLINE bool are_equal(const Real* row, std::size_t n) {
    for (std::size_t i = 1; i < n; ++i) {
        if (!(row[i] == row[0])) return false;
    }
    return true;
}

// A chunk of equal entries: a flat row has hundreds, and e to one and the same power is known. The
// sums are those of over_chunk().
FABULA_INLINE void over_equals(double each, std::size_t n, Frame frame, Sums& sums, double* weights,
                               Buckets buckets) {
    Wide x = all(each) * frame.scale - frame.top;
    std::int32_t offsets[wide_size];
    store_offsets(x, buckets.per_nat, offsets);
    const Wide product = exponential(x);
    for (std::size_t i = 0; i < n; i += wide_size) {
        sums.sum = sums.sum + x;
        sums.moment = sums.moment + product;
        if (weights) store(x, weights + i);
    }
    if (!buckets.sums) return;
    const double of_lane = x.parts[0][0] * static_cast<double>(n / Buckets::lanes);
    for (std::size_t lane = 0; lane < Buckets::lanes; ++lane)
        buckets.sums[static_cast<std::uint32_t>(offsets[0]) + lane] += of_lane;
}

// Up to a block of entries. `weights` [n], or null where only the sums are wanted.
template <typename Real>
Mass weigh(const Real* row, std::size_t n, Frame frame, double* weights, Buckets buckets) {
    Sums sums;
    double chunk_weights[chunk];
    std::int32_t offsets[chunk];
    const std::size_t n_whole = n - n % wide_size;
    for (std::size_t i = 0; i < n_whole; i += chunk) {
        const std::size_t n_chunk = n_whole - i < chunk ? n_whole - i : chunk;
        double* const to = weights ? weights + i : nullptr;
        if (are_equal(row + i, n_chunk)) {
            over_equals(static_cast<double>(row[i]), n_chunk, frame, sums, to, buckets);
        } else if (buckets.sums) {
            over_chunk(row + i, n_chunk, frame, sums, chunk_weights, offsets, buckets.per_nat);
            scatter(chunk_weights, offsets, n_chunk, buckets.sums);
        } else if (weights) {
            over_chunk(row + i, n_chunk, frame, sums, to, nullptr, 0);
        } else {
            over_chunk(row + i, n_chunk, frame, sums, nullptr, nullptr, 0);
        }
    }
    if (n_whole < n) {
        Real rest[wide_size];
        for (std::size_t lane = 0; lane < wide_size; ++lane)
            rest[lane] = lane < n - n_whole ? row[n_whole + lane] : -static_cast<Real>(infinite);
        over_chunk(rest, wide_size, frame, sums, chunk_weights, offsets, buckets.per_nat);
        if (buckets.sums) scatter(chunk_weights, offsets, wide_size, buckets.sums);
        for (std::size_t i = n_whole; weights && i < n; ++i)
            weights[i] = chunk_weights[i - n_whole];
    }
    return {total(sums.sum), total(sums.moment)};
}

// Whatever is in no bucket, by -inf or NaN, is in the last one.
void count_buckets(const float* row, std::size_t n, Frame frame, Buckets buckets) {
    double ones[chunk];
    std::int32_t offsets[chunk];
    for (std::size_t i = 0; i < chunk; i += wide_size)
        store(all(1), ones + i);
    const std::size_t n_whole = n - n % wide_size;
    for (std::size_t begin = 0; begin < n_whole; begin += chunk) {
        const std::size_t n_chunk = n_whole - begin < chunk ? n_whole - begin : chunk;
        for (std::size_t i = 0; i < n_chunk; i += wide_size)
            store_offsets(load(row + begin + i) * frame.scale - frame.top, buckets.per_nat,
                          offsets + i);
        scatter(ones, offsets, n_chunk, buckets.sums);
    }
    for (std::size_t i = n_whole; i < n; ++i) {
        const double x = static_cast<double>(row[i]) * frame.scale - frame.top;
        const double place = x * -buckets.per_nat;
        constexpr double last = Buckets::n - 1;
        buckets.sums[static_cast<std::size_t>(place < last ? place : last) * Buckets::lanes] += 1;
    }
}

// Sixteen entries more: -inf and NaN are not in play.
FABULA_INLINE void add_moments(const float* row, Frame frame, Wide (&sums)[3]) {
    Wide x = load(row);
    Wide one;
    FABULA_EACH {
        const Bits is_in_play = x.parts[part] > -static_cast<double>(infinite);
        one.parts[part] =
            reinterpret_cast<Numbers>(reinterpret_cast<Bits>(Numbers{} + 1.0) & is_in_play);
        x.parts[part] = reinterpret_cast<Numbers>(
            reinterpret_cast<Bits>(x.parts[part] * frame.scale - frame.top) & is_in_play);
    }
    sums[0] = sums[0] + one;
    sums[1] = sums[1] + x;
    sums[2] = sums[2] + x * x;
}

Moments moments(const float* row, std::size_t n, Frame frame) {
    Wide sums[3] = {all(0), all(0), all(0)};
    const std::size_t n_whole = n - n % wide_size;
    for (std::size_t i = 0; i < n_whole; i += wide_size)
        add_moments(row + i, frame, sums);
    if (n_whole < n) {
        float rest[wide_size];
        for (std::size_t lane = 0; lane < wide_size; ++lane)
            rest[lane] = lane < n - n_whole ? row[n_whole + lane] : -infinite;
        add_moments(rest, frame, sums);
    }
    return {total(sums[0]), total(sums[1]), total(sums[2])};
}

}  // namespace
}  // namespace fabula::sample
// NOLINTEND(bugprone-integer-division,modernize-loop-convert)
// NOLINTEND(readability-function-size,readability-function-cognitive-complexity)
// NOLINTEND(misc-definitions-in-headers,cppcoreguidelines-pro-type-member-init)
