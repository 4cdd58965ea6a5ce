// SPDX-License-Identifier: 0BSD
#include "evaluate/scale.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fabula::evaluate {
namespace {

std::vector<Reader> shipped() {
    return readers_from_json(shipped_readers()).value();
}

TEST(RandomUtility, is_the_integral_that_error_functions_give) {
    // By Python: sum over k of mass(k) bell(ln k) times integrals of bells as error functions.
    EXPECT_NEAR(random_utility(shipped()[0], 1, {}), 0.10947164933960324, 2e-5);
    auto sum = shipped()[1];
    sum.combining = Combining::sum;
    EXPECT_NEAR(random_utility(sum, 1, {}), 0.09926609709548487, 2e-5);
}

TEST(RandomUtility, is_the_mean_of_what_the_random_policy_draws) {
    const auto reader = shipped()[1];
    constexpr int n = 40000;
    double sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        const auto drawn = preference::propose(preference::Policy::random, {}, {}, Rng(3).child(i));
        sum += utility(reader, 2, preference::seen(drawn.settings, {}));
    }
    // A deviation of about 0.2 a draw: four standard errors are 0.004.
    EXPECT_NEAR(random_utility(reader, 2, {}), sum / n, 0.004);
}

TEST(BestFor, finds_the_centre_of_a_peak_up_to_whole_top_k) {
    const auto best = best_for(shipped()[0], 1, {});
    EXPECT_NEAR(best.temperature, 0.75, 1e-6);
    EXPECT_NEAR(best.typical_p, 0.9, 1e-6);
    EXPECT_EQ(best.top_k, 40);  // ln 40 = 3.689
}

TEST(BestFor, takes_the_higher_peak_of_the_step) {
    const auto reader = shipped()[1];
    EXPECT_NEAR(best_for(reader, 1, {}).temperature, 0.6, 1e-6);
    EXPECT_NEAR(best_for(reader, 2, {}).temperature, 1.0, 1e-6);
}

TEST(BestFor, stays_within_the_ranges_of_a_peak_outside_them) {
    Reader reader{.name = "hot", .noise = 0.1, .position_bias = {}, .peaks = {}};
    reader.peaks = {{1, {1.4, 0.2}, {4, 0.5}, {0.5, 0.1}, Parity::both}};
    const auto best = best_for(reader, 1, {});
    // By Python, over all k at the ceiling of temperature and the lowest typical_p.
    EXPECT_EQ(best.top_k, 49);
    EXPECT_NEAR(best.temperature, 1.2178947368421054, 1e-9);
    EXPECT_NEAR(best.typical_p, 0.6, 1e-9);
    EXPECT_NEAR(utility(reader, 1, best), 0.3914354007349999, 1e-9);
}

TEST(Scale, has_random_at_nought_and_the_oracle_at_one) {
    const auto scale = scale_of(shipped()[0], 8, {}).value();
    EXPECT_NEAR(scale.random, 0.10947164933960324, 2e-5);
    EXPECT_NEAR(scale.oracle, 0.999828255665297, 1e-9);
    EXPECT_DOUBLE_EQ(scale.share_of(scale.random), 0);
    EXPECT_DOUBLE_EQ(scale.share_of(scale.oracle), 1);
}

TEST(Scale, weighs_odd_and_even_steps_by_their_number) {
    auto reader = shipped()[0];
    reader.peaks[0].parity = Parity::odd;
    // Three steps: two of them odd; nothing is liked at the even one.
    EXPECT_NEAR(scale_of(reader, 3, {}).value().oracle, 0.999828255665297 * 2 / 3, 1e-9);
}

TEST(Scale, refuses_a_reader_that_likes_nothing_within_the_ranges) {
    Reader reader{.name = "cold", .noise = 0.1, .position_bias = {}, .peaks = {}};
    reader.peaks = {{1, {9, 0.1}, {4, 0.5}, {0.9, 0.1}, Parity::both}};
    EXPECT_EQ(scale_of(reader, 8, {}).error().message,
              "reader 'cold' likes no settings within the ranges of the random policy better than "
              "others");
}

}  // namespace
}  // namespace fabula::evaluate
