// SPDX-License-Identifier: 0BSD
#include "evaluate/policies.h"

#include <gtest/gtest.h>

#include <memory>

namespace fabula::evaluate {
namespace {

using preference::Policy;

Reader shipped(std::size_t i) {
    return readers_from_json(shipped_readers()).value()[i];
}

Trial tried(const Reader& reader, Policy policy, const TrialOptions& options, std::uint64_t seed) {
    const auto scale = scale_of(reader, options.shape.steps, options.ranges).value();
    return try_policy({reader, scale}, policy, options, Rng(seed), {}).value().value();
}

TEST(TryPolicy, gives_fixed_the_share_of_its_settings_whatever_the_stories) {
    TrialOptions options;
    options.refits = {0, 10};
    options.shape.base.temperature = 0.75;
    options.shape.base.top_k = 40;
    options.shape.base.typical_p = 0.9;
    const auto trial = tried(shipped(0), Policy::fixed, options, 1);
    EXPECT_NEAR(trial.shares.at(0), 1, 1e-9);
    EXPECT_EQ(trial.shares.at(1), trial.shares.at(0));
    EXPECT_EQ(trial.learned.size(), 8U);
}

TEST(TryPolicy, gives_random_no_share) {
    const auto trial = tried(shipped(1), Policy::random, {}, 1);
    EXPECT_NEAR(trial.shares.at(0), 0, 0.01);
}

TEST(TryPolicy, gives_the_same_for_the_same_seed) {
    TrialOptions options;
    options.refits = {0, 10, 20};
    const auto one = tried(shipped(0), Policy::average, options, 3);
    const auto other = tried(shipped(0), Policy::average, options, 3);
    EXPECT_EQ(one.shares, other.shares);
    EXPECT_EQ(one.learned, other.learned);
}

TEST(TryPolicy, gains_more_from_more_stories) {
    // What `fabula evaluate policies` does, smaller; the bounds are wide of what it comes to.
    TrialOptions options;
    options.refits = {0, 10, 80};
    for (const auto policy : {Policy::average, Policy::portfolio, Policy::automatic}) {
        const auto trial = tried(shipped(0), policy, options, 1);
        EXPECT_GT(trial.shares.at(2), trial.shares.at(0)) << name_of(policy);
        EXPECT_GT(trial.shares.at(2), 0.15) << name_of(policy);
        EXPECT_LE(trial.shares.at(2), 1) << name_of(policy);
    }
}

TEST(TryPolicy, serves_two_peaks_with_a_portfolio_better_than_with_averages) {
    TrialOptions options;
    options.refits = {80};
    options.collecting = Collecting::random;
    const auto portfolio = tried(shipped(1), Policy::portfolio, options, 2);
    const auto average = tried(shipped(1), Policy::average, options, 2);
    EXPECT_GT(portfolio.shares.at(0), 0.5);
    EXPECT_LT(average.shares.at(0), 0.5);
}

TEST(TryPolicy, keeps_how_auto_chose) {
    TrialOptions options;
    options.refits = {40};
    options.collecting = Collecting::random;
    const auto trial = tried(shipped(0), Policy::automatic, options, 1);
    ASSERT_EQ(trial.selection.table.size(), 3U);
    for (const auto& each : trial.selection.table) {
        EXPECT_EQ(each.n_offers, 40U * 8);
        EXPECT_LT(each.log_likelihood, 0);
    }
    EXPECT_TRUE(tried(shipped(0), Policy::average, options, 1).selection.table.empty());
}

TEST(TryPolicy, stops_when_it_is_asked_to) {
    // On the heap: with -Og and sanitizers GCC 12 takes one on the stack for uninitialised.
    const auto stop = std::make_unique<std::stop_source>();
    stop->request_stop();
    const auto reader = shipped(0);
    const auto scale = scale_of(reader, 8, {}).value();
    const auto trial =
        try_policy({reader, scale}, Policy::average, {}, Rng(1), stop->get_token()).value();
    EXPECT_FALSE(trial.has_value());
}

}  // namespace
}  // namespace fabula::evaluate
