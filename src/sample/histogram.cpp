// SPDX-License-Identifier: 0BSD
#include "sample/histogram.h"

#include "sample/float_order.h"
#include "sample/passes.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace fabula::sample {
namespace {

// A probability e^-32 of the largest is where no cut lies in practice, and one far outlier must not
// flatten all: no bucket is wider than this makes it.
constexpr double fewest_per_nat = static_cast<double>(Histogram::n_buckets) / 32;
constexpr double most_per_nat = 0x1p30;

constexpr double infinity = std::numeric_limits<double>::infinity();

// Adds up buckets outwards from `start`, the one with the smaller key first, until they reach
// `target`, and gives the key of the last; infinity where all together do not reach it.
template <typename Key>
double key_reaching(std::span<const double> totals, double target, std::size_t start, Key&& key) {
    std::size_t left = start;
    std::size_t right = start;
    double reached = totals[start];
    double last = key(start);
    while (reached < target) {
        const double left_key = left > 0 ? key(left - 1) : infinity;
        const double right_key = right + 1 < totals.size() ? key(right + 1) : infinity;
        if (left == 0 && right + 1 == totals.size()) return infinity;
        const bool goes_left = left > 0 && left_key <= right_key;
        reached += goes_left ? totals[--left] : totals[++right];
        last = std::max(last, std::min(left_key, right_key));
    }
    return last;
}

}  // namespace

void Histogram::start(double top, double lowest, Width width) {
    assert(std::isfinite(top));
    top_ = top;
    // The lowest is not in the last bucket, which has no end.
    const double span = top - lowest;
    const double wanted = span > 0 ? (static_cast<double>(n_buckets) - 1.5) / span : most_per_nat;
    const double fewest = width == Width::narrow ? fewest_per_nat : 0;
    per_nat_ = std::clamp(wanted, fewest, most_per_nat);
    sums_.assign(n_buckets * Buckets::lanes, 0);
    totals_.clear();
}

void Histogram::count(std::span<const float> row, double scale) {
    row_kernels().count_buckets(row.data(), row.size(), {scale, top_}, buckets());
    // What is not in play, or no number, was counted into the last bucket.
    sums_[(n_buckets - 1) * Buckets::lanes] -=
        static_cast<double>(row.size() - count_above(row, -infinite));
}

std::span<const double> Histogram::totals() {
    if (totals_.empty()) {
        totals_.resize(n_buckets);
        for (std::size_t b = 0; b < n_buckets; ++b) {
            const double* sum = sums_.data() + b * Buckets::lanes;
            totals_[b] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
        }
    }
    return totals_;
}

float Histogram::lowest_in(std::size_t last, double scale) const {
    return smallest_float(
        [&](float x) { return bucket_of(static_cast<double>(x) * scale) <= last; });
}

Bracket bracket_from_top(std::span<const double> totals, double target) {
    std::size_t last = totals.size() - 1;
    while (last > 0 && totals[last] <= 0)
        --last;
    Bracket bracket;
    bracket.missing = target;
    std::size_t bucket = 0;
    while (bucket < last && (totals[bucket] <= 0 || totals[bucket] < bracket.missing))
        bracket.missing -= totals[bucket++];
    bracket.last = bucket;
    bracket.sure_first = bucket > 0 ? 0 : 1;
    bracket.sure_last = bucket > 0 ? bucket - 1 : 0;
    return bracket;
}

Bracket bracket_around(std::span<const double> totals, double target, const Around& around) {
    const double centre = around.centre;
    const double blur = around.blur;
    const std::size_t last = totals.size() - 1;
    const auto left_of = [](std::size_t bucket) { return static_cast<double>(bucket); };
    const auto right_of = [=](std::size_t bucket) {
        const auto right = static_cast<double>(bucket + 1);
        return bucket == last ? std::max(right, around.end) : right;
    };
    // What is in a bucket is at least this far from the centre, and at most that.
    const auto nearest = [&](std::size_t bucket) {
        return std::max({0.0, left_of(bucket) - centre, centre - right_of(bucket)}) - blur;
    };
    const auto farthest = [&](std::size_t bucket) {
        return std::max(right_of(bucket) - centre, centre - left_of(bucket)) + blur;
    };
    const auto start = static_cast<std::size_t>(std::clamp(centre, 0.0, static_cast<double>(last)));
    // Nothing nearer than this is cut: all that could be so near does not reach the target.
    const double inner = key_reaching(totals, target, start, nearest);
    // Nothing farther than this is kept: all that is surely nearer does reach it.
    const double outer = key_reaching(totals, target, start, farthest);

    Bracket bracket;
    while (bracket.first < start && nearest(bracket.first) > outer)
        ++bracket.first;
    while (bracket.last > start && nearest(bracket.last) > outer)
        --bracket.last;
    bracket.missing = target;
    bracket.sure_first = bracket.first;
    while (bracket.sure_first <= bracket.last && !(farthest(bracket.sure_first) < inner))
        ++bracket.sure_first;
    bracket.sure_last = bracket.sure_first;
    for (std::size_t b = bracket.sure_first; b <= bracket.last && farthest(b) < inner; ++b) {
        bracket.missing -= totals[b];
        bracket.sure_last = b;
    }
    if (bracket.sure_first > bracket.last) bracket.sure_last = bracket.sure_first - 1;
    return bracket;
}

}  // namespace fabula::sample
