// SPDX-License-Identifier: 0BSD
#include "preference/averages.h"

#include <gtest/gtest.h>

#include <limits>

namespace fabula::preference {
namespace {

SeenOffer picked_at(std::size_t step, double temperature, int top_k = 40, int max_new_tokens = 0) {
    const SeenCandidate other{3.0, 999, 0.1, 999, std::nullopt};
    return {1, step, {other, {temperature, top_k, 0.9, max_new_tokens, std::nullopt}}, 1};
}

TEST(Averages, are_those_of_an_example_computed_in_Python) {
    History history;
    for (const double temperature : {0.7, 0.8, 0.9, 0.8})
        history.push_back(picked_at(1, temperature));
    for (const double temperature : {1.1, 1.2, 1.0})
        history.push_back(picked_at(2, temperature));
    history.push_back(picked_at(3, 0.5));
    // statistics.mean, .stdev, and the formulas of the header:
    // within = 0.008, between = 0.062947368, mu = 0.807683552.
    const Averages averages(history);
    ASSERT_EQ(averages.n_picks(), 8U);
    const auto first = averages.at(1).temperature;
    EXPECT_EQ(averages.at(1).n, 4U);
    EXPECT_NEAR(first.mean.value(), 0.8, 1e-12);
    EXPECT_NEAR(first.sd, 0.08164965809, 1e-10);
    EXPECT_NEAR(first.used.value(), 0.80023660857, 1e-10);
    EXPECT_NEAR(first.spread, 0.08770580193, 1e-10);
    const auto second = averages.at(2).temperature;
    EXPECT_NEAR(second.mean.value(), 1.1, 1e-12);
    EXPECT_NEAR(second.sd, 0.1, 1e-12);
    EXPECT_NEAR(second.used.value(), 1.08811975933, 1e-10);
    const auto third = averages.at(3).temperature;
    EXPECT_DOUBLE_EQ(third.mean.value(), 0.5);
    EXPECT_DOUBLE_EQ(third.sd, 0);
    EXPECT_NEAR(third.used.value(), 0.53469428775, 1e-10);
    EXPECT_NEAR(averages.at(4).temperature.used.value(), 0.80768355188, 1e-10);
}

TEST(Averages, leave_out_offers_without_a_pick_and_candidates_not_picked) {
    auto undecided = picked_at(1, 2.0);
    undecided.picked = std::nullopt;
    const Averages averages({picked_at(1, 0.5), undecided, picked_at(1, 0.7)});
    EXPECT_EQ(averages.at(1).n, 2U);
    EXPECT_DOUBLE_EQ(averages.at(1).temperature.mean.value(), 0.6);
    EXPECT_DOUBLE_EQ(averages.at(1).typical_p.mean.value(), 0.9);
    EXPECT_DOUBLE_EQ(averages.at(1).typical_p.sd, 0);
}

TEST(Averages, do_not_take_all_tokens_for_few) {
    const Averages averages({picked_at(1, 1, 0), picked_at(1, 1, 50), picked_at(1, 1, 70)});
    const auto step = averages.at(1);
    EXPECT_EQ(step.n, 3U);
    EXPECT_EQ(step.n_all_tokens, 1U);
    EXPECT_EQ(step.top_k.n, 2U);
    EXPECT_DOUBLE_EQ(step.top_k.mean.value(), 60);

    const Averages none({picked_at(1, 1, 0)});
    EXPECT_EQ(none.at(1).top_k.n, 0U);
    EXPECT_FALSE(none.at(1).top_k.mean.has_value());
    EXPECT_FALSE(none.at(1).top_k.used.has_value());
    EXPECT_EQ(none.at(1).n_all_tokens, 1U);
}

TEST(Averages, do_not_take_an_unknown_length_for_0) {
    const Averages averages({picked_at(1, 1, 40, 0), picked_at(1, 1, 40, 64)});
    EXPECT_EQ(averages.at(1).max_new_tokens.n, 1U);
    EXPECT_DOUBLE_EQ(averages.at(1).max_new_tokens.mean.value(), 64);
}

TEST(Averages, give_a_step_never_seen_the_mean_over_steps) {
    const Averages averages(
        {picked_at(1, 0.6), picked_at(1, 0.8), picked_at(2, 0.7), picked_at(2, 0.9)});
    // The means, 0.7 and 0.8, differ less than chance has it: one mean for all.
    const auto unseen = averages.at(9);
    EXPECT_EQ(unseen.step, 9U);
    EXPECT_EQ(unseen.n, 0U);
    EXPECT_FALSE(unseen.temperature.mean.has_value());
    EXPECT_NEAR(unseen.temperature.used.value(), 0.75, 1e-12);
    EXPECT_NEAR(averages.at(1).temperature.used.value(), 0.75, 1e-12);
    EXPECT_NEAR(averages.at(1).temperature.mean.value(), 0.7, 1e-12);
}

TEST(Averages, keep_steps_apart_that_differ_without_doubt) {
    History history;
    for (int i = 0; i < 500; ++i) {
        history.push_back(picked_at(1, i % 2 == 0 ? 0.6 : 0.7));
        history.push_back(picked_at(2, i % 2 == 0 ? 1.1 : 1.2));
    }
    const Averages averages(history);
    EXPECT_NEAR(averages.at(1).temperature.used.value(), 0.65, 1e-3);
    EXPECT_NEAR(averages.at(2).temperature.used.value(), 1.15, 1e-3);
    EXPECT_NEAR(averages.at(3).temperature.used.value(), 0.9, 1e-3);
}

TEST(Averages, of_single_picks_are_the_mean_of_all) {
    const Averages averages({picked_at(1, 0.6), picked_at(2, 0.8), picked_at(3, 1.0)});
    for (std::size_t step = 1; step <= 4; ++step)
        EXPECT_NEAR(averages.at(step).temperature.used.value(), 0.8, 1e-12);
    EXPECT_NEAR(averages.at(1).temperature.spread, 0.2, 1e-12);
    EXPECT_DOUBLE_EQ(averages.at(1).temperature.sd, 0);
}

TEST(Averages, of_nothing_say_so) {
    const Averages averages({});
    EXPECT_EQ(averages.n_picks(), 0U);
    EXPECT_EQ(averages.at(1).n, 0U);
    EXPECT_FALSE(averages.at(1).temperature.mean.has_value());
    EXPECT_FALSE(averages.at(1).temperature.used.has_value());
}

TEST(Averages, of_equal_picks_have_no_spread) {
    const Averages averages(
        {picked_at(1, 0.8), picked_at(1, 0.8), picked_at(2, 0.9), picked_at(2, 0.9)});
    EXPECT_NEAR(averages.at(1).temperature.used.value(), 0.8, 1e-12);
    EXPECT_NEAR(averages.at(2).temperature.used.value(), 0.9, 1e-12);
    EXPECT_NEAR(averages.at(1).temperature.spread, 0, 1e-12);
}

TEST(ValidateHistory, names_the_story_the_step_and_the_setting) {
    const auto fault = [](const SeenOffer& offer) {
        const auto valid = validate(History{offer});
        return valid ? "" : valid.error().message;
    };
    EXPECT_EQ(fault(picked_at(2, 0.8, 0)), "");
    EXPECT_EQ(fault(picked_at(2, std::numeric_limits<double>::quiet_NaN())),
              "history: story 1, step 2: temperature nan is no number of at least 0");
    EXPECT_EQ(fault(picked_at(2, std::numeric_limits<double>::infinity())),
              "history: story 1, step 2: temperature inf is no number of at least 0");
    EXPECT_EQ(fault(picked_at(2, 0.8, -3)), "history: story 1, step 2: top_k -3 is below 0");
    EXPECT_EQ(fault(picked_at(0, 0.8)), "history: story 1, step 0: steps count from 1");
    auto offer = picked_at(2, 0.8);
    offer.shown[0].typical_p = 0;
    EXPECT_EQ(fault(offer), "history: story 1, step 2: typical_p 0 is not in (0, 1]");
    offer = picked_at(2, 0.8);
    offer.picked = 2;
    EXPECT_EQ(fault(offer),
              "history: story 1, step 2: candidate 2 was picked of 2 shown (counted from 0)");
}

}  // namespace
}  // namespace fabula::preference
