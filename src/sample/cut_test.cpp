// SPDX-License-Identifier: 0BSD
#include "sample/cut.h"

#include "base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace fabula::sample {
namespace {

std::vector<std::size_t> kept_by(const Cut& cut, const std::vector<double>& costs) {
    std::vector<std::size_t> kept;
    std::size_t ties = cut.ties;
    for (std::size_t i = 0; i < costs.size(); ++i) {
        const bool ties_in = costs[i] == cut.limit && ties > 0;
        ties -= ties_in ? 1 : 0;
        if (costs[i] < cut.limit || ties_in) kept.push_back(i);
    }
    return kept;
}

std::vector<std::size_t> kept_by_sorting(const std::vector<double>& costs,
                                         const std::vector<double>& weights, double target) {
    std::vector<std::size_t> order(costs.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return costs[a] < costs[b]; });
    std::vector<std::size_t> kept;
    double reached = 0;
    for (const auto i : order) {
        kept.push_back(i);
        reached += weights.empty() ? 1.0 : weights[i];
        if (reached >= target) break;
    }
    std::sort(kept.begin(), kept.end());
    return kept;
}

// Costs of many kinds: smooth, tied, flat, with outliers, and crowded far from their lowest.
double cost_of(int kind, double u) {
    switch (kind) {
        case 0:
            return 20 * u;
        case 1:
            return std::floor(6 * u);
        case 2:
            return 3.5;
        case 3:
            return u < 0.01 ? 0 : std::exp(60 * u);
        case 4:
            return u < 0.001 ? 0 : 1e9 + u;
        default:
            return u * 1e-12;
    }
}

TEST(CutFinder, cuts_where_sorting_would) {
    CutFinder finder;
    for (std::uint64_t trial = 0; trial < 600; ++trial) {
        const Rng rng = Rng(21).child(trial);
        const auto n = 1 + static_cast<std::size_t>(std::exp(rng.uniform(0) * std::log(4000.0)));
        std::vector<double> costs(n);
        std::vector<double> weights;
        for (std::size_t i = 0; i < n; ++i) {
            costs[i] = cost_of(static_cast<int>(trial % 6), rng.uniform(i + 1, 0));
            // Sixty-fourths add up without rounding, so that the answer is one alone.
            if (trial % 5 != 0) weights.push_back(std::ceil(rng.uniform(i + 1, 1) * 64) / 64);
        }
        const double total = weights.empty() ? static_cast<double>(n)
                                             : std::accumulate(weights.begin(), weights.end(), 0.0);
        const double target = std::ceil(rng.uniform(n + 1) * total * 64) / 64;
        const double low = std::min(*std::min_element(costs.begin(), costs.end()), 1.0);
        const Cut cut = finder.find(costs, weights, target, low);
        ASSERT_EQ(kept_by(cut, costs), kept_by_sorting(costs, weights, target))
            << "trial " << trial;
    }
}

TEST(CutFinder, keeps_everything_when_the_target_is_never_reached) {
    CutFinder finder;
    std::vector<double> costs(1000);
    std::iota(costs.begin(), costs.end(), 0.0);
    EXPECT_EQ(kept_by(finder.find(costs, {}, 1e9, 0), costs).size(), 1000U);
    costs.resize(3);
    EXPECT_EQ(kept_by(finder.find(costs, {}, 1e9, 0), costs).size(), 3U);
}

TEST(CutFinder, keeps_at_least_the_cheapest) {
    CutFinder finder;
    std::vector<double> costs(500, 7.0);
    costs[400] = 6.0;
    EXPECT_EQ(kept_by(finder.find(costs, {}, -1, 6), costs), std::vector<std::size_t>{400});
}

TEST(CutFinder, tells_apart_costs_that_differ_in_the_last_bit) {
    CutFinder finder;
    std::vector<double> costs(300, std::nextafter(1.0, 2.0));
    for (std::size_t i = 0; i < costs.size(); i += 3)
        costs[i] = 1.0;
    const auto kept = kept_by(finder.find(costs, {}, 101, 1.0), costs);
    EXPECT_EQ(kept.size(), 101U);
    EXPECT_EQ(kept[1], 1U);  // the hundred and first is the first of the dearer ones
    EXPECT_EQ(kept[2], 3U);
}

}  // namespace
}  // namespace fabula::sample
