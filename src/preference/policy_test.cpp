// SPDX-License-Identifier: 0BSD
#include "preference/policy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace fabula::preference {
namespace {

TEST(Policy, is_known_by_its_name) {
    for (const auto policy : {Policy::fixed, Policy::random})
        EXPECT_EQ(policy_named(name_of(policy)).value(), policy);
    EXPECT_EQ(policy_named("ranodm").error().message,
              "unknown policy 'ranodm'; known are fixed, random, average, portfolio, auto");
}

TEST(TemperatureCeiling, falls_linearly_from_the_lowest_top_k_to_the_highest) {
    const RandomRanges ranges;
    EXPECT_DOUBLE_EQ(temperature_ceiling(ranges, 10), 1.3);
    EXPECT_DOUBLE_EQ(temperature_ceiling(ranges, 200), 0.9);
    // 1.3 - 0.4 * (67 - 10) / (200 - 10) = 1.3 - 0.4 * 0.3
    EXPECT_DOUBLE_EQ(temperature_ceiling(ranges, 67), 1.18);
    EXPECT_DOUBLE_EQ(temperature_ceiling(ranges, 1), 1.3);
    EXPECT_DOUBLE_EQ(temperature_ceiling(ranges, 5000), 0.9);
}

TEST(Propose, fixed_gives_the_base_and_no_propensity) {
    sample::Settings base;
    base.top_k = 3;
    const auto proposal = propose(Policy::fixed, base, {}, Rng(1));
    EXPECT_EQ(proposal.settings, base);
    EXPECT_FALSE(proposal.propensity.has_value());
}

TEST(Propose, random_draws_three_settings_in_their_ranges_and_keeps_the_others) {
    const RandomRanges ranges;
    sample::Settings base;
    base.repetition_penalty = 1.1;
    base.stop = {"END"};
    base.max_new_tokens = 7;
    for (std::uint64_t i = 0; i < 5000; ++i) {
        const auto proposal = propose(Policy::random, base, ranges, Rng(5).child(i));
        auto settings = proposal.settings;
        ASSERT_TRUE(sample::validate(settings).has_value());
        ASSERT_GE(settings.top_k, ranges.top_k_low);
        ASSERT_LE(settings.top_k, ranges.top_k_high);
        ASSERT_GE(settings.temperature, ranges.temperature_low);
        ASSERT_LE(settings.temperature, temperature_ceiling(ranges, settings.top_k));
        ASSERT_GE(settings.typical_p, ranges.typical_p_low);
        ASSERT_LE(settings.typical_p, ranges.typical_p_high);
        ASSERT_DOUBLE_EQ(proposal.propensity.value(), random_density(ranges, settings));
        ASSERT_GT(proposal.propensity.value(), 0);
        settings.top_k = base.top_k;
        settings.temperature = base.temperature;
        settings.typical_p = base.typical_p;
        ASSERT_EQ(settings, base);
    }
}

TEST(Propose, random_is_a_function_of_the_stream) {
    const auto first = propose(Policy::random, {}, {}, Rng(9).child(2));
    const auto again = propose(Policy::random, {}, {}, Rng(9).child(2));
    const auto other = propose(Policy::random, {}, {}, Rng(9).child(3));
    EXPECT_EQ(first.settings, again.settings);
    EXPECT_EQ(first.propensity, again.propensity);
    EXPECT_NE(first.settings.temperature, other.settings.temperature);
}

TEST(RandomDensity, is_that_of_a_hand_computed_example) {
    const RandomRanges ranges{.top_k_low = 2,
                              .top_k_high = 3,
                              .temperature_low = 0.5,
                              .temperature_high_at_low_top_k = 1.0,
                              .temperature_high_at_high_top_k = 0.75,
                              .typical_p_low = 0.8,
                              .typical_p_high = 1.0};
    sample::Settings settings;
    settings.temperature = 0.6;
    settings.typical_p = 0.9;
    settings.top_k = 2;  // ln(3/2) / ln(4/2), over 0.5 of temperature and 0.2 of typical_p
    EXPECT_NEAR(random_density(ranges, settings), 0.5849625 / (0.5 * 0.2), 1e-6);
    settings.top_k = 3;  // ln(4/3) / ln(4/2), over 0.25 and 0.2
    EXPECT_NEAR(random_density(ranges, settings), 0.4150375 / (0.25 * 0.2), 1e-6);
    settings.temperature = 0.8;  // above the ceiling at 3
    EXPECT_EQ(random_density(ranges, settings), 0);
    settings.top_k = 4;
    EXPECT_EQ(random_density(ranges, settings), 0);
}

TEST(RandomDensity, sums_to_one_over_everything_that_can_be_drawn) {
    const RandomRanges ranges;
    // The midpoint rule over a box a little larger than the support, so that its borders are tested
    // too.
    const int n = 800;
    const double temperature_width = 1.5 - 0.4;
    const double typical_width = 1.1 - 0.5;
    double total = 0;
    for (int k = 1; k <= 220; ++k) {
        sample::Settings settings;
        settings.top_k = k;
        for (int i = 0; i < n; ++i) {
            settings.temperature = 0.4 + temperature_width * (i + 0.5) / n;
            settings.typical_p = 0.9;
            const double at_one = random_density(ranges, settings) * temperature_width / n;
            if (at_one <= 0) continue;
            // The density is the same for all typical_p in range: its share of the axis, counted.
            static const double typical_share = [&] {
                int inside = 0;
                for (int j = 0; j < n; ++j) {
                    settings.typical_p = 0.5 + typical_width * (j + 0.5) / n;
                    inside += random_density(ranges, settings) > 0 ? 1 : 0;
                }
                return static_cast<double>(inside) / n;
            }();
            total += at_one * typical_share * typical_width;
        }
    }
    EXPECT_NEAR(total, 1, 0.005);
}

TEST(RandomDensity, is_how_often_the_policy_draws) {
    const RandomRanges ranges{.top_k_low = 1, .top_k_high = 8};
    const int n = 100000;
    std::map<int, int> counts;
    double temperatures = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        const auto drawn = propose(Policy::random, {}, ranges, Rng(3).child(i)).settings;
        ++counts[drawn.top_k];
        if (drawn.top_k == 1) temperatures += drawn.temperature;
    }
    for (int k = 1; k <= 8; ++k) {
        const double expected = n * std::log((k + 1.0) / k) / std::log(9.0);
        EXPECT_NEAR(counts[k], expected, 4 * std::sqrt(expected)) << k;
    }
    EXPECT_NEAR(temperatures / counts[1], (0.5 + 1.3) / 2, 0.01);
}

TEST(RandomDensity, takes_a_range_of_one_point_as_certain) {
    RandomRanges ranges;
    ranges.top_k_low = ranges.top_k_high = 40;
    ranges.typical_p_low = ranges.typical_p_high = 1;
    const auto proposal = propose(Policy::random, {}, ranges, Rng(1));
    EXPECT_EQ(proposal.settings.top_k, 40);
    EXPECT_EQ(proposal.settings.typical_p, 1);
    EXPECT_NEAR(proposal.propensity.value(), 1 / (1.3 - 0.5), 1e-12);
}

TEST(Validate, names_what_is_wrong_with_ranges) {
    const auto fault = [](const RandomRanges& ranges) {
        const auto valid = validate(ranges);
        return valid ? "" : valid.error().message;
    };
    EXPECT_EQ(fault({}), "");
    EXPECT_EQ(fault({.top_k_low = 0}), "random policy: top_k_low must be at least 1");
    EXPECT_EQ(fault({.top_k_low = 300}), "random policy: top_k_high is below top_k_low");
    EXPECT_EQ(fault({.temperature_low = 0}),
              "random policy: temperature_low must be greater than 0");
    EXPECT_EQ(fault({.temperature_low = 1}),
              "random policy: a ceiling of temperature is below temperature_low");
    EXPECT_EQ(fault({.typical_p_low = 0}),
              "random policy: typical_p 0 is out of range: greater than 0, at most 1");
    EXPECT_EQ(fault({.temperature_high_at_low_top_k = 11}),
              "random policy: temperature 11 is out of range: at least 0, at most 10");
    EXPECT_EQ(fault({.typical_p_high = 0.5}),
              "random policy: typical_p_high is below typical_p_low");
}

}  // namespace
}  // namespace fabula::preference
