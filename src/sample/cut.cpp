// SPDX-License-Identifier: 0BSD
#include "sample/cut.h"

#include "sample/scan.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace fabula::sample {
namespace {

constexpr std::size_t n_buckets = 1024;
constexpr std::size_t few = 64;  // sorted rather than counted

// The first histogram spans this much cost (nats); what is dearer shares the last bucket. A
// probability e^-32 of the largest is where no cut lies in practice, and one far outlier must not
// flatten all.
constexpr double first_span = 32;

struct Buckets {
    double low;
    double scale;  // infinite where the ends are equal or nearly so

    Buckets(double from, double to)
        : low(from), scale(static_cast<double>(n_buckets) / (to - from)) {}

    double place_of(double cost) const { return (cost - low) * scale; }

    std::size_t of(double cost) const {
        const double place = place_of(cost);
        return place < static_cast<double>(n_buckets - 1) ? static_cast<std::size_t>(place)
                                                          : n_buckets - 1;
    }
};

double weight_at(std::span<const double> weights, std::size_t index) {
    return weights.empty() ? 1.0 : weights[index];
}

}  // namespace

Cut CutFinder::find(Costs costs, Weights weights, double target, double low) {
    assert(!costs.empty() && (weights.empty() || weights.size() == costs.size()));
    missing_ = target;
    members_.clear();
    if (costs.size() <= few) {
        members_.resize(costs.size());
        std::iota(members_.begin(), members_.end(), 0U);
    } else {
        narrow_all(costs, weights, low);
    }
    while (members_.size() > few && narrow(costs, weights)) {
    }
    return walk(costs, weights);
}

// Weighs every entry into buckets and makes those of the bucket that holds the cut the members.
void CutFinder::narrow_all(Costs costs, Weights weights, double low) {
    const Buckets buckets(low, low + first_span);
    bucket_weights_.assign(n_buckets, 0);
    const std::size_t n = costs.size();
    const double* cost = costs.data();  // plain pointers: no check of an index 32,000 times a pass
    const double* weight = weights.empty() ? nullptr : weights.data();
    double* sums = bucket_weights_.data();
    for (std::size_t i = 0; i < n; ++i)
        sums[buckets.of(cost[i])] += weight ? weight[i] : 1.0;

    const std::size_t chosen = bucket_reaching();
    const auto begin = static_cast<double>(chosen);
    const double end = chosen + 1 < n_buckets ? begin + 1 : std::numeric_limits<double>::infinity();
    take_where(
        n,
        [=](std::size_t i) {
            const double place = buckets.place_of(cost[i]);
            return (place >= begin) & (place < end);
        },
        [this](std::size_t i) { members_.push_back(static_cast<std::uint32_t>(i)); });
}

// The same among the members; false when they all cost the same, or too nearly so to be told apart.
bool CutFinder::narrow(Costs costs, Weights weights) {
    double low = costs[members_.front()];
    double high = low;
    for (const auto i : members_) {
        low = std::min(low, costs[i]);
        high = std::max(high, costs[i]);
    }
    const Buckets buckets(low, high);
    if (!std::isfinite(buckets.scale)) return false;
    bucket_weights_.assign(n_buckets, 0);
    for (const auto i : members_)
        bucket_weights_[buckets.of(costs[i])] += weight_at(weights, i);
    const std::size_t chosen = bucket_reaching();
    std::erase_if(members_, [&](std::uint32_t i) { return buckets.of(costs[i]) != chosen; });
    return true;  // fewer: the cheapest and the dearest lie in different buckets
}

// The first bucket whose entries, after those of cheaper ones, reach what is missing; the last with
// any weight where rounding leaves a remainder. What is missing shrinks by what the cheaper ones
// weigh.
std::size_t CutFinder::bucket_reaching() {
    std::size_t last = n_buckets - 1;
    while (last > 0 && bucket_weights_[last] <= 0)
        --last;
    std::size_t bucket = 0;
    while (bucket < last && (bucket_weights_[bucket] <= 0 || bucket_weights_[bucket] < missing_)) {
        missing_ -= bucket_weights_[bucket];
        ++bucket;
    }
    return bucket;
}

// The members one by one, cheapest first, until they reach what is missing.
Cut CutFinder::walk(Costs costs, Weights weights) {
    const auto is_cheaper = [&](std::uint32_t a, std::uint32_t b) {
        return costs[a] != costs[b] ? costs[a] < costs[b] : a < b;
    };
    // Equal costs stand in order already, and a flat row has a vocabulary of them.
    if (!std::is_sorted(members_.begin(), members_.end(), is_cheaper))
        std::sort(members_.begin(), members_.end(), is_cheaper);
    Cut cut{costs[members_.front()], 0};
    for (const auto i : members_) {
        cut.ties = costs[i] == cut.limit ? cut.ties + 1 : 1;
        cut.limit = costs[i];
        missing_ -= weight_at(weights, i);
        if (missing_ <= 0) break;
    }
    return cut;
}

}  // namespace fabula::sample
