// SPDX-License-Identifier: 0BSD
#include "preference/effects.h"

#include "preference/one_number_logit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace fabula::preference {
namespace {

constexpr double z_95 = 1.959963984540054;

// Numbers of a linear congruence, so that another program can make the same.
class Congruence {
public:
    double next() {
        state_ = (state_ * 1103515245 + 12345) % 2147483648;
        return static_cast<double>(state_) / 2147483648;
    }

private:
    std::uint64_t state_ = 12345;
};

// Offers of three numbers up to 10, picked with probability proportional to exp(b * number).
std::vector<ComparedOffer> made_offers(std::size_t n_stories, std::size_t n_steps, double b) {
    Congruence numbers;
    std::vector<ComparedOffer> offers;
    for (std::size_t story = 0; story < n_stories; ++story) {
        for (std::size_t step = 0; step < n_steps; ++step) {
            ComparedOffer offer{static_cast<std::int64_t>(story), {}, 0};
            double mass = 0;
            for (int i = 0; i < 3; ++i) {
                offer.values.push_back(std::round(numbers.next() * 10000) / 1000);
                mass += std::exp(b * offer.values.back());
            }
            double left = numbers.next() * mass;
            while (offer.picked < 2 && left > std::exp(b * offer.values[offer.picked]))
                left -= std::exp(b * offer.values[offer.picked++]);
            offers.push_back(offer);
        }
    }
    return offers;
}

// The expected numbers are those of a Python program over the same 36 offers: sums by hand, all
// 4,096 flips, the likelihood by golden section and numeric derivatives, 40,000 resamples.
TEST(PairedEffect, is_what_another_program_finds) {
    const auto effect = paired_effect(made_offers(12, 3, 0.15), OddsUnit::one, Rng(1));
    ASSERT_TRUE(effect.is_known);
    EXPECT_EQ(effect.n_offers, 36U);
    EXPECT_EQ(effect.n_stories, 12U);
    EXPECT_NEAR(effect.picked_mean, 5.208527777777778, 1e-9);
    EXPECT_NEAR(effect.others_mean, 4.838583333333334, 1e-9);
    EXPECT_NEAR(effect.size, 0.13894235399531427, 1e-9);
    EXPECT_NEAR(effect.size_ends.low, -0.1676, 0.02);
    EXPECT_NEAR(effect.size_ends.high, 0.4795, 0.02);
    EXPECT_DOUBLE_EQ(effect.p, 1726.0 / 4096);
    EXPECT_NEAR(effect.odds_ratio.value(), 1.054290373949059, 1e-6);
    EXPECT_NEAR(effect.odds_ratio_ends.low, 0.9264593, 1e-5);
    EXPECT_NEAR(effect.odds_ratio_ends.high, 1.1997593, 1e-5);
}

TEST(PairedEffect, gives_the_odds_a_deviation_where_that_is_the_unit) {
    const auto effect = paired_effect(made_offers(12, 3, 0.15), OddsUnit::deviation, Rng(1));
    EXPECT_NEAR(effect.odds_ratio.value(), 1.1511538370528935, 1e-6);
}

TEST(PairedEffect, finds_what_was_put_in_and_says_how_sure_it_is) {
    const auto effect = paired_effect(made_offers(200, 5, 0.15), OddsUnit::one, Rng(1));
    EXPECT_DOUBLE_EQ(effect.p, 1.0 / 10000);
    EXPECT_GT(effect.size_ends.low, 0.2);
    EXPECT_LT(effect.odds_ratio_ends.low, std::exp(0.15));
    EXPECT_GT(effect.odds_ratio_ends.high, std::exp(0.15));
}

TEST(PairedEffect, covers_nothing_where_nothing_is_at_the_promised_rate) {
    // 200 logs of 20 stories without any preference: p is uniform, the intervals hold 0.
    Congruence numbers;
    int n_small = 0;
    int n_covering = 0;
    constexpr int n_logs = 200;
    for (int log = 0; log < n_logs; ++log) {
        std::vector<ComparedOffer> offers;
        for (std::int64_t i = 0; i < 60; ++i)
            offers.push_back({i / 3,
                              {numbers.next(), numbers.next(), numbers.next()},
                              static_cast<std::size_t>(3 * numbers.next())});
        const auto effect = paired_effect(offers, OddsUnit::one, Rng(1));
        n_small += effect.p <= 0.05 ? 1 : 0;
        n_covering += effect.size_ends.low <= 0 && effect.size_ends.high >= 0 ? 1 : 0;
    }
    EXPECT_NEAR(n_small, 0.05 * n_logs, 4 * std::sqrt(0.05 * 0.95 * n_logs));
    // The percentile interval is somewhat short for 20 clusters.
    EXPECT_GE(n_covering, 0.90 * n_logs);
}

TEST(PairedEffect, gives_no_figure_for_few_offers_or_few_stories) {
    auto few_offers = made_offers(12, 3, 0.15);
    few_offers.resize(29);
    EXPECT_FALSE(paired_effect(few_offers, OddsUnit::one, Rng(1)).is_known);
    EXPECT_FALSE(paired_effect(made_offers(9, 20, 0.15), OddsUnit::one, Rng(1)).is_known);
    EXPECT_FALSE(paired_effect({}, OddsUnit::one, Rng(1)).is_known);
}

TEST(PairedEffect, leaves_out_offers_whose_candidates_are_alike) {
    auto offers = made_offers(12, 3, 0.15);
    const auto before = paired_effect(offers, OddsUnit::one, Rng(1));
    offers.push_back({77, {4, 4, 4}, 1});
    offers.push_back({78, {4}, 0});
    const auto after = paired_effect(offers, OddsUnit::one, Rng(1));
    EXPECT_EQ(after.n_offers, before.n_offers);
    EXPECT_EQ(after.size, before.size);
}

TEST(OneNumberFit, is_empty_where_the_highest_is_always_picked) {
    auto offers = made_offers(12, 3, 0.15);
    for (auto& offer : offers)
        offer.picked = static_cast<std::size_t>(
            std::max_element(offer.values.begin(), offer.values.end()) - offer.values.begin());
    EXPECT_FALSE(fit_one_number(offers, 1).has_value());
    offers[5].picked = (offers[5].picked + 1) % 3;
    EXPECT_TRUE(fit_one_number(offers, 1).has_value());
}

TEST(OneNumberFit, does_not_depend_on_where_the_numbers_lie) {
    auto offers = made_offers(12, 3, 0.15);
    for (auto& offer : offers) {
        for (double& value : offer.values)
            value += 1e6;
    }
    const auto fit = fit_one_number(offers, 1);
    ASSERT_TRUE(fit.has_value());
    EXPECT_NEAR(fit->coefficient, 0.0528679092821806, 1e-6);
    EXPECT_NEAR(fit->standard_error, 0.06594663059, 1e-6);
}

TEST(AdjustedPValues, are_those_of_benjamini_and_hochberg) {
    const std::vector<double> adjusted =
        adjusted_p_values(std::vector{0.01, 0.04, 0.03, 0.005, 0.5});
    const std::vector<double> expected{0.025, 0.05, 0.05, 0.025, 0.5};  // by Python
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(adjusted.at(i), expected[i], 1e-12);
    EXPECT_TRUE(adjusted_p_values({}).empty());
}

TEST(Wilson, holds_the_shares_that_a_score_test_keeps) {
    // Brute force: share p is inside where |k - n p| <= z sqrt(n p (1 - p)).
    for (const auto& [k, n] : {std::pair{0, 10}, {7, 20}, {50, 100}, {3, 3}}) {
        const auto [low, high] =
            wilson_interval(static_cast<std::size_t>(k), static_cast<std::size_t>(n));
        for (int i = 1; i < 1000; ++i) {
            const double p = i / 1000.0;
            const bool is_kept = std::abs(k - n * p) <= z_95 * std::sqrt(n * p * (1 - p));
            EXPECT_EQ(is_kept, low <= p && p <= high) << k << " of " << n << ": " << p;
        }
    }
}

TEST(WinRate, is_held_against_what_blind_picks_give) {
    WinRate rate;
    for (int i = 0; i < 10; ++i) {
        rate.add(i == 0, 2);
        rate.add(false, 4);
    }
    EXPECT_DOUBLE_EQ(rate.rate(), 0.05);
    EXPECT_DOUBLE_EQ(rate.chance(), 0.375);
    EXPECT_TRUE(rate.differs_from_chance());
    WinRate rare;
    for (int i = 0; i < 19; ++i)
        rare.add(true, 2);
    EXPECT_FALSE(rare.differs_from_chance()) << "shown too few times";
}

}  // namespace
}  // namespace fabula::preference
