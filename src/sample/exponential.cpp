// SPDX-License-Identifier: 0BSD
#include "sample/exponential.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace fabula::sample {
namespace {

// Four doubles that are added at once where the processor can (AVX2), two by two where it cannot:
// the same operations on the same numbers, hence the same bits. g++ and clang know these types.
using Four = double __attribute__((vector_size(32)));
using FourBits = std::int64_t __attribute__((vector_size(32)));
using FourInts = std::int32_t __attribute__((vector_size(16)));
constexpr std::size_t lanes = 4;
constexpr std::size_t stride = 2 * lanes;  // two running sums, whose additions overlap
constexpr std::size_t chunk = 256;         // entries between two visits to the histogram
static_assert(block_size % chunk == 0 && chunk % stride == 0 && Histogram::lanes == lanes);

// Below this e^x is taken as 0: 1e-304, far from any sum it could change.
constexpr double lowest = -700;

#define FABULA_INLINE [[gnu::always_inline]] inline

// x <= 0, -inf and NaN included, becomes e^x: relative error below 1e-14, and 0 where x < lowest or
// NaN; `product` takes x e^x. x = k ln 2 + r, |r| <= ln(2) / 2; Taylor's series of e^r to the
// eleventh power (Estrin's order), times 2^k put into the exponent bits. The ln 2 in two parts, of
// which the first times k is exact, is that of W. Cody and W. Waite, Software Manual for the
// Elementary Functions, 1980.
FABULA_INLINE void exponential(Four& x, Four& product) {
    constexpr double log2_e = 1.4426950408889634;
    constexpr double ln2_high = 6.93147180369123816490e-01;
    constexpr double ln2_low = 1.90821492927058770002e-10;
    constexpr double to_whole = 0x1.8p52;  // adding it rounds to a whole number, in the low bits

    const FourBits is_something = x >= lowest;
    x = reinterpret_cast<Four>(reinterpret_cast<FourBits>(x) & is_something);
    const Four shifted = x * log2_e + to_whole;
    const Four k = shifted - to_whole;
    const Four r = (x - k * ln2_high) - k * ln2_low;

    const Four r2 = r * r;
    const Four r4 = r2 * r2;
    const Four a = (1.0 + r) + r2 * (1.0 / 2 + r * (1.0 / 6));
    const Four b = (1.0 / 24 + r * (1.0 / 120)) + r2 * (1.0 / 720 + r * (1.0 / 5040));
    const Four c = (1.0 / 40320 + r * (1.0 / 362880)) + r2 * (1.0 / 3628800 + r * (1.0 / 39916800));
    const Four p = a + r4 * (b + r4 * c);

    const FourBits scaled =
        reinterpret_cast<FourBits>(p) + (reinterpret_cast<FourBits>(shifted) << 52);
    const Four weight = reinterpret_cast<Four>(scaled & is_something);
    product = weight * x;
    x = weight;
}

FABULA_INLINE void load(Four& to, const float* from) {
    float __attribute__((vector_size(lanes * sizeof(float)))) given;
    std::memcpy(&given, from, sizeof given);
    to = __builtin_convertvector(given, Four);
}

FABULA_INLINE void load(Four& to, const double* from) {
    std::memcpy(&to, from, sizeof to);
}

struct Sums {
    Four sum[2]{};
    Four moment[2]{};
};

// Up to a chunk of entries, a whole number of strides. The order of the additions is written here,
// not chosen by a compiler. `weights` and `places` are null where they are not wanted.
template <typename Real>
FABULA_INLINE void over_chunk(const Real* row, std::size_t n, Frame frame, Sums& sums,
                              double* weights, std::int32_t* places, double per_nat) {
    constexpr double last = Histogram::n_buckets - 1;
    for (std::size_t i = 0; i < n; i += stride) {
        for (std::size_t half = 0; half < 2; ++half) {
            Four x;
            load(x, row + i + half * lanes);
            x = x * frame.scale - frame.top;
            if (places) {
                Four place = -x * per_nat;
                place = place < last ? place : Four{} + last;
                const auto whole = __builtin_convertvector(place, FourInts);
                std::memcpy(places + i + half * lanes, &whole, sizeof whole);
            }
            Four product;
            exponential(x, product);
            sums.sum[half] += x;
            sums.moment[half] += product;
            if (weights) std::memcpy(weights + i + half * lanes, &x, sizeof x);
        }
    }
}

FABULA_INLINE void scatter(const double* weights, const std::int32_t* places, std::size_t n,
                           double* sums) {
    for (std::size_t i = 0; i < n; i += lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane)
            sums[static_cast<std::size_t>(places[i + lane]) * lanes + lane] += weights[i + lane];
    }
}

// Up to a block of entries: its mass goes to `mass`.
template <typename Real>
FABULA_INLINE void over_block(const Real* row, std::size_t n, Frame frame, double* weights,
                              Histogram* histogram, Mass& mass) {
    Sums sums;
    double chunk_weights[chunk];
    std::int32_t places[chunk];
    const std::size_t n_whole = n - n % stride;
    for (std::size_t i = 0; i < n_whole; i += chunk) {
        const std::size_t n_chunk = std::min(chunk, n_whole - i);
        if (histogram) {
            over_chunk(row + i, n_chunk, frame, sums, chunk_weights, places, histogram->per_nat());
            scatter(chunk_weights, places, n_chunk, histogram->lane_sums());
        } else if (weights) {
            over_chunk(row + i, n_chunk, frame, sums, weights + i, nullptr, 0);
        } else {
            over_chunk(row + i, n_chunk, frame, sums, nullptr, nullptr, 0);
        }
    }
    if (n_whole < n) {
        Real rest[stride];
        std::fill(std::begin(rest), std::end(rest), -std::numeric_limits<Real>::infinity());
        std::copy(row + n_whole, row + n, rest);
        over_chunk(rest, stride, frame, sums, chunk_weights, places,
                   histogram ? histogram->per_nat() : 0);
        if (histogram) scatter(chunk_weights, places, stride, histogram->lane_sums());
        if (weights) std::copy_n(chunk_weights, n - n_whole, weights + n_whole);
    }
    const Four s = sums.sum[0] + sums.sum[1];
    const Four m = sums.moment[0] + sums.moment[1];
    mass = {(s[0] + s[1]) + (s[2] + s[3]), (m[0] + m[1]) + (m[2] + m[3])};
}

template <typename Real>
void over_block_anywhere(const Real* row, std::size_t n, Frame frame, double* weights,
                         Histogram* histogram, Mass& mass) {
    over_block(row, n, frame, weights, histogram, mass);
}

#if defined(__x86_64__)
template <typename Real>
[[gnu::target("avx2")]] void over_block_avx2(const Real* row, std::size_t n, Frame frame,
                                             double* weights, Histogram* histogram, Mass& mass) {
    over_block(row, n, frame, weights, histogram, mass);
}
#endif

template <typename Real>
void dispatched(const Real* row, std::size_t n, Frame frame, double* weights, Histogram* histogram,
                Mass& mass) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        return over_block_avx2(row, n, frame, weights, histogram, mass);
#endif
    over_block_anywhere(row, n, frame, weights, histogram, mass);
}

}  // namespace

double Mass::log_sum() const {
    return std::log(sum);
}

double Mass::entropy() const {
    return std::log(sum) - moment / sum;
}

Mass mass_of(std::span<const float> row, Frame frame, std::span<double> block_sums,
             Histogram* histogram) {
    assert(block_sums.size() == n_blocks_of(row.size()));
    Mass total;
    for (std::size_t b = 0; b < block_sums.size(); ++b) {
        const auto block = row.subspan(b * block_size);
        Mass mass;
        dispatched(block.data(), std::min(block.size(), block_size), frame, nullptr, histogram,
                   mass);
        block_sums[b] = mass.sum;
        total.sum += mass.sum;
        total.moment += mass.moment;
    }
    return total;
}

void weigh(std::span<const float> row, Frame frame, std::span<double> weights) {
    assert(row.size() == weights.size());
    for (std::size_t i = 0; i < row.size(); i += block_size) {
        Mass mass;
        dispatched(row.data() + i, std::min(row.size() - i, block_size), frame, weights.data() + i,
                   nullptr, mass);
    }
}

Mass weigh(std::span<const double> logits, double top, std::span<double> weights) {
    assert(logits.size() == weights.size());
    Mass total;
    for (std::size_t i = 0; i < logits.size(); i += block_size) {
        Mass mass;
        dispatched(logits.data() + i, std::min(logits.size() - i, block_size), Frame{1, top},
                   weights.data() + i, nullptr, mass);
        total.sum += mass.sum;
        total.moment += mass.moment;
    }
    return total;
}

}  // namespace fabula::sample
