// SPDX-License-Identifier: 0BSD
#include "sample/exponential.h"

#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

namespace fabula::sample {
namespace {

// Four doubles that are added at once where the processor can (AVX2), two by two where it cannot:
// the same operations on the same numbers, hence the same bits. g++ and clang know these types.
using Four = double __attribute__((vector_size(32)));
using FourBits = std::int64_t __attribute__((vector_size(32)));
constexpr std::size_t lanes = 4;

// Below this e^x is taken as 0: 1e-304, far from any sum it could change.
constexpr double lowest = -700;

#define FABULA_INLINE [[gnu::always_inline]] inline

// x <= 0, -inf included, becomes e^x: relative error below 1e-14, and 0 where x < lowest; `product`
// takes x e^x. x = k ln 2 + r, |r| <= ln(2) / 2; Taylor's series of e^r to the eleventh power
// (Estrin's order), times 2^k put into the exponent bits. The ln 2 in two parts, of which the first
// times k is exact, is that of W. Cody and W. Waite, Software Manual for the Elementary Functions,
// 1980.
FABULA_INLINE void exponential(Four& x, Four& product) {
    constexpr double log2_e = 1.4426950408889634;
    constexpr double ln2_high = 6.93147180369123816490e-01;
    constexpr double ln2_low = 1.90821492927058770002e-10;
    constexpr double to_whole = 0x1.8p52;  // adding it rounds to a whole number, in the low bits

    const FourBits is_nothing = x < lowest;
    x = reinterpret_cast<Four>(reinterpret_cast<FourBits>(x) & ~is_nothing);
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
    const Four weight = reinterpret_cast<Four>(scaled & ~is_nothing);
    product = weight * x;
    x = weight;
}

// `weights` is null where only the sums are wanted. The running sums are two times four: the
// additions overlap, and their order is written here, not chosen by a compiler.
template <typename Real>
FABULA_INLINE Mass over_row(const Real* row, std::size_t n, double top, double* weights) {
    Four sum[2]{};
    Four moment[2]{};
    std::size_t i = 0;
    for (std::size_t half = 0; i + lanes <= n; i += lanes, half ^= 1) {
        Four x{static_cast<double>(row[i]), static_cast<double>(row[i + 1]),
               static_cast<double>(row[i + 2]), static_cast<double>(row[i + 3])};
        x -= top;
        Four product;
        exponential(x, product);
        sum[half] += x;
        moment[half] += product;
        if (weights) std::memcpy(weights + i, &x, sizeof x);
    }
    if (i < n) {
        Four x = Four{} - std::numeric_limits<double>::infinity();
        for (std::size_t lane = 0; i + lane < n; ++lane)
            x[lane] = static_cast<double>(row[i + lane]) - top;
        Four product;
        exponential(x, product);
        sum[0] += x;
        moment[0] += product;
        if (weights) std::memcpy(weights + i, &x, (n - i) * sizeof(double));
    }
    const Four s = sum[0] + sum[1];
    const Four m = moment[0] + moment[1];
    return {(s[0] + s[1]) + (s[2] + s[3]), (m[0] + m[1]) + (m[2] + m[3])};
}

template <typename Real>
Mass over_row_anywhere(const Real* row, std::size_t n, double top, double* weights) {
    return over_row(row, n, top, weights);
}

#if defined(__x86_64__)
template <typename Real>
[[gnu::target("avx2")]] Mass over_row_avx2(const Real* row, std::size_t n, double top,
                                           double* weights) {
    return over_row(row, n, top, weights);
}

template <typename Real>
Mass dispatched(const Real* row, std::size_t n, double top, double* weights) {
    return __builtin_cpu_supports("avx2") ? over_row_avx2(row, n, top, weights)
                                          : over_row_anywhere(row, n, top, weights);
}
#else
template <typename Real>
Mass dispatched(const Real* row, std::size_t n, double top, double* weights) {
    return over_row_anywhere(row, n, top, weights);
}
#endif

}  // namespace

double Mass::log_sum() const {
    return std::log(sum);
}

double Mass::entropy() const {
    return std::log(sum) - moment / sum;
}

Mass mass_of(std::span<const float> logits, double top) {
    return dispatched(logits.data(), logits.size(), top, nullptr);
}

Mass weigh(std::span<const double> logits, double top, std::span<double> weights) {
    assert(logits.size() == weights.size());
    return dispatched(logits.data(), logits.size(), top, weights.data());
}

}  // namespace fabula::sample
