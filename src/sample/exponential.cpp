// SPDX-License-Identifier: 0BSD
#include "sample/exponential.h"

#include "sample/vectors.h"
#include "sample/wide.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <limits>

namespace fabula::sample {
namespace {

constexpr std::size_t stride = Wide<Parts4>::size;
constexpr std::size_t chunk = 256;  // entries between two visits to the histogram
static_assert(block_size % chunk == 0 && chunk % stride == 0);

// Below this e^x is taken as 0: 1e-304, far from any sum it could change.
constexpr double lowest = -700;

// x <= 0, -inf and NaN included, becomes e^x, and 0 where x < lowest or NaN; `product` takes x e^x.
// x / ln 2 = k + f, |f| <= 1/2; a polynomial of the tenth degree (Estrin's order) for 2^f, times
// 2^k put into the exponent bits. It is the one with p(0) = 1 and the smallest relative error on
// that range, 5.3e-15 (E. Remez, 1934); rounding x / ln 2 adds 1.2e-16 |x|.
template <typename Parts>
FABULA_INLINE void exponential(Wide<Parts>& x, Wide<Parts>& product) {
    using Numbers = typename Parts::Numbers;
    using Bits = typename Parts::Bits;
    constexpr std::size_t n_parts = Wide<Parts>::n_parts;
    constexpr double log2_e = 1.4426950408889634;
    constexpr double to_whole = 0x1.8p52;  // adding it rounds to a whole number, in the low bits
    constexpr double c[] = {1,
                            0x1.62e42fefa3babp-1,
                            0x1.ebfbdff82f45dp-3,
                            0x1.c6b08d7000adcp-5,
                            0x1.3b2ab6f54eef8p-7,
                            0x1.5d87fef83181ap-10,
                            0x1.430924d47c2fcp-13,
                            0x1.ffca7bf760c53p-17,
                            0x1.629775fb5108ep-20,
                            0x1.b7274a354f87bp-24,
                            0x1.13013fd00d388p-27};

    Bits is_something[n_parts];
    FABULA_EACH {
        is_something[part] = x.parts[part] >= lowest;
        x.parts[part] =
            reinterpret_cast<Numbers>(reinterpret_cast<Bits>(x.parts[part]) & is_something[part]);
    }
    const auto t = x * log2_e;
    const auto shifted = t + to_whole;
    const auto f = t - (shifted - to_whole);
    const auto f2 = f * f;
    const auto f4 = f2 * f2;
    const auto high = (f * c[9] + c[8]) + f2 * c[10];
    const auto middle = (f * c[5] + c[4]) + f2 * (f * c[7] + c[6]);
    const auto low = (f * c[1] + c[0]) + f2 * (f * c[3] + c[2]);
    const auto p = low + f4 * (middle + f4 * high);
    FABULA_EACH {
        const Bits scaled = reinterpret_cast<Bits>(p.parts[part]) +
                            (reinterpret_cast<Bits>(shifted.parts[part]) << 52);
        const auto weight = reinterpret_cast<Numbers>(scaled & is_something[part]);
        product.parts[part] = weight * x.parts[part];
        x.parts[part] = weight;
    }
}

// Where the weights of a block go.
struct Targets {
    double* weights = nullptr;  // [n], or null
    double* buckets = nullptr;  // of a histogram, or null
    double per_nat = 0;
};

template <typename Parts>
struct Sums {
    Wide<Parts> sum{};
    Wide<Parts> moment{};
};

// Up to a chunk of entries, a whole number of strides. The order of the additions is written here,
// not chosen by a compiler. `weights` and `places` are null where they are not wanted.
template <typename Parts, typename Real>
FABULA_INLINE void over_chunk(const Real* row, std::size_t n, Frame frame, Sums<Parts>& sums,
                              double* weights, std::int32_t* places, double per_nat) {
    for (std::size_t i = 0; i < n; i += stride) {
        Wide<Parts> x;
        x.load(row + i);
        x = x * frame.scale - frame.top;
        if (places)
            at_most(x * -per_nat, Histogram::n_buckets - 1)
                .store_whole(places + i, Histogram::lanes);
        Wide<Parts> product;
        exponential(x, product);
        sums.sum = sums.sum + x;
        sums.moment = sums.moment + product;
        if (weights) x.store(weights + i);
    }
}

template <typename Parts>
FABULA_INLINE double total(const Wide<Parts>& wide) {
    double lanes[stride];
    wide.store(lanes);
    for (std::size_t n = stride / 2; n > 0; n /= 2) {
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

// A chunk of equal entries, from index `at` of the block on: a flat row has thousands, and e to one
// and the same power is known. The sums are those of over_chunk().
template <typename Parts, typename Real>
FABULA_INLINE void over_equals(Real each, std::size_t n, Frame frame, Sums<Parts>& sums,
                               const Targets& targets, std::size_t at) {
    Real equals[stride];
    std::fill(std::begin(equals), std::end(equals), each);
    Wide<Parts> x;
    x.load(equals);
    x = x * frame.scale - frame.top;
    double place[stride];
    at_most(x * -targets.per_nat, Histogram::n_buckets - 1).store(place);
    Wide<Parts> product;
    exponential(x, product);
    for (std::size_t i = 0; i < n; i += stride) {
        sums.sum = sums.sum + x;
        sums.moment = sums.moment + product;
        if (targets.weights) x.store(targets.weights + at + i);
    }
    if (!targets.buckets) return;
    double weights[stride];
    x.store(weights);
    double* bucket = targets.buckets + static_cast<std::size_t>(place[0]) * Histogram::lanes;
    for (std::size_t lane = 0; lane < Histogram::lanes; ++lane)
        bucket[lane] += weights[lane] * static_cast<double>(n / Histogram::lanes);
}

// Up to a block of entries: its mass goes to `mass`.
template <typename Parts, typename Real>
FABULA_INLINE void over_block(const Real* row, std::size_t n, Frame frame, const Targets& targets,
                              Mass& mass) {
    Sums<Parts> sums;
    double weights[chunk];
    std::int32_t places[chunk];
    const std::size_t n_whole = n - n % stride;
    for (std::size_t i = 0; i < n_whole; i += chunk) {
        const std::size_t n_chunk = std::min(chunk, n_whole - i);
        if (are_equal(row + i, n_chunk)) {
            over_equals(row[i], n_chunk, frame, sums, targets, i);
        } else if (targets.buckets) {
            over_chunk(row + i, n_chunk, frame, sums, weights, places, targets.per_nat);
            scatter(weights, places, n_chunk, targets.buckets);
        } else if (targets.weights) {
            over_chunk(row + i, n_chunk, frame, sums, targets.weights + i, nullptr, 0);
        } else {
            over_chunk(row + i, n_chunk, frame, sums, nullptr, nullptr, 0);
        }
    }
    if (n_whole < n) {
        Real rest[stride];
        std::fill(std::begin(rest), std::end(rest), -std::numeric_limits<Real>::infinity());
        std::copy(row + n_whole, row + n, rest);
        over_chunk(rest, stride, frame, sums, weights, places, targets.per_nat);
        if (targets.buckets) scatter(weights, places, stride, targets.buckets);
        if (targets.weights) std::copy_n(weights, n - n_whole, targets.weights + n_whole);
    }
    mass = {total(sums.sum), total(sums.moment)};
}

template <typename Real>
void over_block_anywhere(const Real* row, std::size_t n, Frame frame, const Targets& targets,
                         Mass& mass) {
    over_block<Parts4>(row, n, frame, targets, mass);
}

#if defined(__x86_64__)
template <typename Real>
[[gnu::target("avx2")]] void over_block_avx2(const Real* row, std::size_t n, Frame frame,
                                             const Targets& targets, Mass& mass) {
    over_block<Parts4>(row, n, frame, targets, mass);
}

template <typename Real>
[[gnu::target("avx512f,avx512dq,avx512vl")]] void over_block_avx512(const Real* row, std::size_t n,
                                                                    Frame frame,
                                                                    const Targets& targets,
                                                                    Mass& mass) {
    over_block<Parts8>(row, n, frame, targets, mass);
}
#endif

template <typename Real>
Mass dispatched(const Real* row, std::size_t n, Frame frame, const Targets& targets) {
    Mass mass;
#if defined(__x86_64__)
    if (vectors() == Vectors::avx512) {
        over_block_avx512(row, n, frame, targets, mass);
        return mass;
    }
    if (vectors() == Vectors::avx2) {
        over_block_avx2(row, n, frame, targets, mass);
        return mass;
    }
#endif
    over_block_anywhere(row, n, frame, targets, mass);
    return mass;
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
    Targets targets;
    if (histogram) {
        targets.buckets = histogram->lane_sums();
        targets.per_nat = histogram->per_nat();
    }
    Mass total;
    for (std::size_t b = 0; b < block_sums.size(); ++b) {
        const std::size_t begin = b * block_size;
        const Mass mass = dispatched(row.data() + begin, std::min(row.size() - begin, block_size),
                                     frame, targets);
        block_sums[b] = mass.sum;
        total.sum += mass.sum;
        total.moment += mass.moment;
    }
    return total;
}

namespace {

template <typename Real>
Mass weigh_all(std::span<const Real> row, Frame frame, std::span<double> weights) {
    assert(row.size() == weights.size());
    Mass total;
    for (std::size_t i = 0; i < row.size(); i += block_size) {
        Targets targets;
        targets.weights = weights.data() + i;
        const Mass mass =
            dispatched(row.data() + i, std::min(row.size() - i, block_size), frame, targets);
        total.sum += mass.sum;
        total.moment += mass.moment;
    }
    return total;
}

}  // namespace

void weigh(std::span<const float> row, Frame frame, std::span<double> weights) {
    weigh_all(row, frame, weights);
}

Mass weigh(std::span<const double> logits, double top, std::span<double> weights) {
    return weigh_all(logits, Frame{1, top}, weights);
}

}  // namespace fabula::sample
