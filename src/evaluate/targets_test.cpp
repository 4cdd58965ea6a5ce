// SPDX-License-Identifier: 0BSD
#include "evaluate/targets.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fabula::evaluate {
namespace {

TEST(StatedTargets, lie_about_the_middle_with_the_widths_they_state) {
    const auto targets = stated_targets({});
    ASSERT_EQ(targets.size(), 3U);
    EXPECT_EQ(targets[0].name, "narrow");
    EXPECT_NEAR(targets[0].centre.temperature, 0.9, 1e-9);
    EXPECT_NEAR(targets[0].centre.typical_p, 0.8, 1e-9);
    EXPECT_NEAR(targets[0].temperature_width, 0.15 * 0.8, 1e-9);
    EXPECT_NEAR(targets[0].typical_p_width, 0.15 * 0.4, 1e-9);
    EXPECT_NEAR(targets[2].temperature_width, 0.6 * 0.8, 1e-9);
}

TEST(StatedTargets, draw_with_the_density_that_they_say) {
    // For any function f: the mean of f over draws is the sum of f times the density over a grid.
    const preference::RandomRanges ranges;
    const auto f = [](const preference::SeenCandidate& each) {
        return each.temperature + 0.01 * each.top_k + 2 * each.typical_p;
    };
    for (const auto& target : stated_targets(ranges)) {
        double mass = 0;
        double expected = 0;
        constexpr int n = 40;
        for (int k = ranges.top_k_low; k <= ranges.top_k_high; ++k) {
            const double width =
                preference::temperature_ceiling(ranges, k) - ranges.temperature_low;
            for (int i = 0; i < n * n; ++i) {
                const preference::SeenCandidate at{
                    ranges.temperature_low + width * (i % n + 0.5) / n,
                    k,
                    0.6 + 0.4 * (i / n + 0.5) / n,
                    0,
                    {}};
                const double cell = target.policy.density(1, 3, at) * width * 0.4 / (n * n);
                mass += cell;
                expected += cell * f(at);
            }
        }
        EXPECT_NEAR(mass, 1, 2e-3);
        constexpr int draws = 20000;
        double mean = 0;
        for (std::uint64_t i = 0; i < draws; ++i)
            mean += f(target.policy.draw(1, 3, Rng(2).child(i))) / draws;
        // f deviates by at most 0.6: four standard errors are 0.017.
        EXPECT_NEAR(mean, expected / mass, 0.017) << target.name;
    }
}

}  // namespace
}  // namespace fabula::evaluate
