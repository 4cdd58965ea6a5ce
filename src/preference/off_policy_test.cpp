// SPDX-License-Identifier: 0BSD
#include "preference/off_policy.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fabula::preference {
namespace {

// Drawn uniformly: temperature from 0 to 1, everything else as it is.
SeenCandidate at(double temperature, std::optional<double> propensity = 1.0) {
    return {temperature, 40, 0.9, 64, propensity};
}

// A target with density 2 temperature: the square root of a uniform number draws it.
TargetPolicy rising() {
    return {
        [](std::size_t, std::size_t, const SeenCandidate& each) {
            return each.temperature >= 0 && each.temperature <= 1 ? 2 * each.temperature : 0;
        },
        [](std::size_t, std::size_t, const Rng& rng) { return at(std::sqrt(rng.uniform(0)), {}); }};
}

// Stories of four offers of two; the first is picked with probability `chance(temperature)` of it.
template <typename Chance>
History log_of(std::size_t n_stories, std::uint64_t seed, Chance chance) {
    History history;
    for (std::size_t story = 0; story < n_stories; ++story) {
        for (std::size_t step = 1; step <= 4; ++step) {
            const auto rng = Rng(seed).child(story).child(step);
            SeenOffer offer{static_cast<std::int64_t>(story), step, {}, {}};
            offer.shown = {at(rng.uniform(0)), at(rng.uniform(1), {})};
            offer.picked = rng.uniform(2) < chance(offer.shown[0].temperature) ? 0 : 1;
            history.push_back(offer);
        }
    }
    return history;
}

TEST(OffPolicyValue, is_the_weighted_share_of_picks) {
    // Weights 0.4, 1.6, 1.0, 1.8 of candidates at 0.2, 0.8, 0.5, 0.9; the second and fourth picked.
    const History history{{1, 1, {at(0.2), at(0.8)}, 1}, {2, 1, {at(0.5), at(0.9)}, 1}};
    const auto value = off_policy_value(history, rising(), Rng(1),
                                        {.least_effective = 0, .least_effective_stories = 0})
                           .value();
    EXPECT_NEAR(value.self_normalised->value, 3.4 / 4.8, 1e-12);
    EXPECT_NEAR(value.mean_weight, 1.2, 1e-12);
    EXPECT_NEAR(value.effective, 4.8 * 4.8 / (0.16 + 2.56 + 1 + 3.24), 1e-12);
    EXPECT_NEAR(value.effective_stories, 4.8 * 4.8 / (4 + 2.8 * 2.8), 1e-12);
    // Resamples are the first story twice (1.6 / 2), the second (1.8 / 2.8), or both.
    EXPECT_NEAR(value.self_normalised->low, 1.8 / 2.8, 1e-12);
    EXPECT_NEAR(value.self_normalised->high, 0.8, 1e-12);
}

TEST(OffPolicyValue, leaves_out_what_was_not_drawn_and_counts_it) {
    const auto history = log_of(200, 1, [](double) { return 0.5; });
    const auto value = off_policy_value(history, rising(), Rng(1)).value();
    EXPECT_EQ(value.candidates, 800U);
    EXPECT_EQ(value.left_out, 800U);
    EXPECT_EQ(value.stories, 200U);
}

TEST(OffPolicyValue, has_no_figure_where_the_log_tells_too_little) {
    // A quarter of the candidates is lost to the weights: E[w]^2 / E[w^2] = 3/4.
    const auto few = log_of(30, 1, [](double) { return 0.5; });
    const auto value = off_policy_value(few, rising(), Rng(1)).value();
    EXPECT_NEAR(value.effective, 90, 10);
    EXPECT_FALSE(value.self_normalised.has_value());
    EXPECT_FALSE(value.doubly_robust.has_value());
    EXPECT_EQ(value.why_none, "the log is worth " +
                                  std::to_string(static_cast<int>(value.effective)) +
                                  " candidates of this policy, fewer than 100");
    auto one_story = log_of(300, 1, [](double) { return 0.5; });
    for (auto& offer : one_story)
        offer.story = 1;
    EXPECT_EQ(off_policy_value(one_story, rising(), Rng(1)).value().why_none,
              "the log is worth 1 stories of this policy, fewer than 20");
    EXPECT_EQ(off_policy_value({}, rising(), Rng(1)).value().why_none,
              "no candidate has a logged density");
}

TEST(OffPolicyValue, is_near_the_integral_and_its_interval_covers_as_often_as_it_says) {
    // The truth: the integral of 2 t (0.1 + 0.8 t^2) from 0 to 1, which is 0.1 + 0.4.
    std::size_t covering[2] = {0, 0};
    double mean[2] = {0, 0};
    constexpr std::size_t n_seeds = 60;
    for (std::uint64_t seed = 0; seed < n_seeds; ++seed) {
        const auto history = log_of(200, seed, [](double t) { return 0.1 + 0.8 * t * t; });
        const auto value =
            off_policy_value(history, rising(), Rng(seed), {.resamples = 300, .draws = 4000})
                .value();
        const PickEstimate estimates[] = {*value.self_normalised, *value.doubly_robust};
        for (std::size_t i = 0; i < 2; ++i) {
            EXPECT_NEAR(estimates[i].value, 0.5, 0.1);
            mean[i] += estimates[i].value / n_seeds;
            covering[i] += estimates[i].low <= 0.5 && 0.5 <= estimates[i].high ? 1 : 0;
        }
    }
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_NEAR(mean[i], 0.5, 0.012);
        // 54 of 60 are expected; 46 or fewer have a chance of one in three hundred.
        EXPECT_GT(covering[i], 46U);
    }
}

TEST(OffPolicyValue, is_surer_with_a_model_of_what_is_picked) {
    // Where settings decide, the doubly robust interval is the narrower one.
    const auto history = log_of(400, 5, [](double t) { return t > 0.5 ? 0.98 : 0.02; });
    const auto value = off_policy_value(history, rising(), Rng(5)).value();
    const auto width = [](const PickEstimate& each) { return each.high - each.low; };
    EXPECT_LT(width(*value.doubly_robust), 0.8 * width(*value.self_normalised));
    // The integral of 2 t over the picked half is 0.75.
    EXPECT_NEAR(value.doubly_robust->value, 0.02 * 0.25 + 0.98 * 0.75, 0.05);
}

TEST(OffPolicyValue, is_the_same_for_the_same_stream) {
    const auto history = log_of(100, 1, [](double t) { return t; });
    const auto one = off_policy_value(history, rising(), Rng(7)).value();
    const auto other = off_policy_value(history, rising(), Rng(7)).value();
    EXPECT_EQ(one.doubly_robust->value, other.doubly_robust->value);
    EXPECT_EQ(one.self_normalised->low, other.self_normalised->low);
    EXPECT_EQ(one.doubly_robust->high, other.doubly_robust->high);
}

TEST(OffPolicyValue, refuses_densities_and_settings_that_are_none) {
    const auto message = [](const SeenCandidate& candidate) {
        const History history{{12, 3, {candidate}, 0}};
        return off_policy_value(history, rising(), Rng(1)).error().message;
    };
    EXPECT_EQ(message(at(0.5, 0.0)),
              "story 12, step 3: the logged density of a candidate is not above 0");
    EXPECT_EQ(message(at(0.5, std::nan(""))),
              "story 12, step 3: the logged density of a candidate is not above 0");
    EXPECT_EQ(message(at(std::nan(""))),
              "story 12, step 3: the settings of a candidate are no numbers");
}

TEST(TargetOf, the_random_policy_is_worth_what_was_picked) {
    // Every weight is 1: the share of picks itself.
    const auto random = learn(Policy::random, {}, {}).value();
    const auto target = target_of(random, {}).value();
    History history;
    for (std::size_t story = 0; story < 100; ++story) {
        SeenOffer offer{static_cast<std::int64_t>(story), 1, {}, story % 4};
        for (std::size_t i = 0; i < 3; ++i)
            offer.shown.push_back(target.draw(1, 3, Rng(1).child(story).child(i)));
        if (offer.picked == 3U) offer.picked = {};
        history.push_back(offer);
    }
    const auto value = off_policy_value(history, target, Rng(1)).value();
    EXPECT_NEAR(value.effective, 300, 1e-6);
    EXPECT_NEAR(value.self_normalised->value, 0.25, 1e-9);
    EXPECT_NEAR(value.doubly_robust->value, 0.25, 0.02);
}

TEST(TargetOf, fixed_is_refused_since_it_draws_nothing) {
    const auto fixed = learn(Policy::fixed, {}, {}).value();
    EXPECT_EQ(target_of(fixed, {}).error().message,
              "policy 'fixed' draws nothing, so that it has no density");
}

}  // namespace
}  // namespace fabula::preference
