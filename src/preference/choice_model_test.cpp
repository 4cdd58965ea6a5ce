// SPDX-License-Identifier: 0BSD
#include "preference/choice_model.h"

#include "preference/choice_fit.h"
#include "preference/reader_fixture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace fabula::preference {
namespace {

History stories_of(const Reader& reader, std::size_t n, std::uint64_t seed = 3) {
    History history;
    const auto random = learn(Policy::random, {}, {}).value();
    read_stories(reader, *random, 0, n, Rng(seed), history);
    return history;
}

double sum_of_probabilities(const std::vector<double>& logs) {
    double sum = 0;
    for (const double log : logs)
        sum += std::exp(log);
    return sum;
}

TEST(ChoiceModel, of_nothing_expects_everything_alike) {
    const auto model = ChoiceModel::fit({}, {}).value();
    EXPECT_EQ(model.n_offers(), 0U);
    EXPECT_EQ(model.utility(3, {0.1, 0.2, 0.3}), 0);
    const SeenOffer offer{1, 1, {{0.6, 20, 0.7, 0, {}}, {0.9, 100, 0.9, 0, {}}}, 0};
    for (const double log : model.log_probabilities(offer))
        EXPECT_NEAR(log, -std::log(2), 1e-12);
}

TEST(ChoiceModel, of_one_pick_prefers_it_a_little) {
    const SeenOffer offer{1, 2, {{0.6, 20, 0.7, 0, {}}, {0.9, 100, 0.9, 0, {}}}, 1};
    const auto model = ChoiceModel::fit({offer}, {}).value();
    EXPECT_EQ(model.n_offers(), 1U);
    const auto logs = model.log_probabilities(offer);
    EXPECT_GT(logs[1], logs[0]);
    EXPECT_LT(std::exp(logs[1]), 0.9);
    EXPECT_NEAR(sum_of_probabilities(logs), 1, 1e-12);
}

TEST(ChoiceModel, of_five_picks_that_agree_is_surer_than_of_one) {
    const SeenOffer offer{1, 2, {{0.6, 20, 0.7, 0, {}}, {0.9, 100, 0.9, 0, {}}}, 1};
    SeenOffer turned = offer;
    std::swap(turned.shown[0], turned.shown[1]);
    turned.picked = 0;
    const auto one = ChoiceModel::fit({offer}, {}).value();
    const auto five = ChoiceModel::fit({offer, turned, offer, turned, offer}, {}).value();
    EXPECT_GT(five.log_probabilities(offer)[1], one.log_probabilities(offer)[1]);
}

TEST(ChoiceModel, learns_nothing_of_settings_from_equal_ones) {
    const SeenCandidate same{0.8, 40, 1, 0, {}};
    const History history(20, {1, 1, {same, same, same}, 0});
    const auto model = ChoiceModel::fit(history, {}).value();
    EXPECT_EQ(model.utility(1, {0, 0, 0}), model.utility(1, {1, 1, 1}));
    EXPECT_GT(model.place_utility(0), model.place_utility(1));
    EXPECT_EQ(model.place_utility(3), 0);
}

TEST(ChoiceModel, learns_nothing_from_one_candidate_or_no_pick) {
    const SeenCandidate one{0.8, 40, 1, 0, {}};
    const SeenCandidate other{0.9, 30, 0.9, 0, {}};
    const auto model =
        ChoiceModel::fit({{1, 1, {one}, 0}, {1, 2, {one, other}, std::nullopt}, {1, 3, {}, {}}}, {})
            .value();
    EXPECT_EQ(model.n_offers(), 0U);
}

TEST(ChoiceModel, bears_offers_of_sixty_four_and_more) {
    History history;
    for (std::uint64_t i = 0; i < 5; ++i) {
        SeenOffer offer{static_cast<std::int64_t>(i), 1, {}, i};
        for (std::uint64_t j = 0; j < 70; ++j) {
            const auto drawn = propose(Policy::random, {}, {}, Rng(i).child(j));
            offer.shown.push_back(seen(drawn.settings, drawn.propensity));
        }
        history.push_back(offer);
    }
    const auto model = ChoiceModel::fit(history, {}).value();
    EXPECT_NEAR(sum_of_probabilities(model.log_probabilities(history[0])), 1, 1e-9);
    EXPECT_EQ(model.place_utility(63), model.place_utility(69));
}

TEST(ChoiceModel, bears_what_lies_outside_the_ranges) {
    const History history(30, {1, 1, {{0, 0, 0.01, 0, {}}, {9, 5000, 1, 0, {}}}, 1});
    const auto model = ChoiceModel::fit(history, {}).value();
    EXPECT_GT(model.log_probabilities(history[0])[1], std::log(0.8));
}

TEST(ChoiceModel, bears_ranges_of_one_point) {
    RandomRanges ranges;
    ranges.top_k_low = ranges.top_k_high = 40;
    ranges.typical_p_low = ranges.typical_p_high = 1;
    History history;
    for (std::uint64_t i = 0; i < 60; ++i) {
        const double low = 0.5 + 0.3 * Rng(1).uniform(i);
        SeenOffer offer{1, 1 + i % 4, {{low, 40, 1, 0, {}}, {low + 0.4, 40, 1, 0, {}}}, 1};
        if (i % 2 == 1) {  // whatever the place, the higher one mostly
            std::swap(offer.shown[0], offer.shown[1]);
            offer.picked = 0;
        }
        if (i % 7 == 0) offer.picked = 1 - *offer.picked;
        history.push_back(offer);
    }
    const auto model = ChoiceModel::fit(history, ranges).value();
    EXPECT_GT(model.utility(1, {0.9, 0, 0}), model.utility(1, {0.1, 0, 0}));
    ranges.temperature_low = ranges.temperature_high_at_low_top_k =
        ranges.temperature_high_at_high_top_k = 0.8;
    EXPECT_EQ(ChoiceModel::fit(history, ranges).value().utility(1, {0, 0, 0}), 0);
}

TEST(ChoiceModel, refuses_settings_that_are_no_numbers) {
    const History history{
        {7, 2, {{std::numeric_limits<double>::quiet_NaN(), 40, 1, 0, {}}, {1, 40, 1, 0, {}}}, 1}};
    for (const auto policy : {Policy::average, Policy::portfolio, Policy::automatic}) {
        const auto learned = learn(policy, history, {});
        ASSERT_FALSE(learned.has_value()) << name_of(policy);
        EXPECT_EQ(learned.error().code, ErrorCode::invalid_input);
        EXPECT_EQ(learned.error().message,
                  "history: story 7, step 2: temperature nan is no number of at least 0");
    }
}

TEST(ChoiceModel, finds_the_bias_by_place) {
    const auto model = ChoiceModel::fit(stories_of(one_peak(), 300), {}).value();
    EXPECT_NEAR(model.place_utility(0) - model.place_utility(1), 0.3, 0.12);
    EXPECT_NEAR(model.place_utility(1) - model.place_utility(2), 0.2, 0.12);
}

TEST(ChoiceModel, expects_picks_nearly_as_well_as_the_reader_who_made_them) {
    const Reader reader = two_peaks();
    const auto model = ChoiceModel::fit(stories_of(reader, 300), {}).value();
    const History held_out = stories_of(reader, 200, 4);
    double learned = 0;
    double known = 0;
    for (const auto& offer : held_out) {
        learned += model.log_probabilities(offer)[*offer.picked];
        std::vector<double> logs;
        for (std::size_t i = 0; i < 3; ++i)
            logs.push_back(reader.utility(offer.step, offer.shown[i]) + reader.by_place[i]);
        to_log_probabilities(logs);
        known += logs[*offer.picked];
    }
    const double by_chance = -std::log(3) * static_cast<double>(held_out.size());
    EXPECT_GT((learned - by_chance) / (known - by_chance), 0.7);
}

TEST(ChoiceModel, is_the_same_for_the_same_history) {
    const History history = stories_of(one_peak(), 20);
    const auto one = ChoiceModel::fit(history, {}).value();
    const auto again = ChoiceModel::fit(history, {}).value();
    EXPECT_EQ(one.utility(2, {0.3, 0.4, 0.5}), again.utility(2, {0.3, 0.4, 0.5}));
}

// At the most probable weights the slope of the posterior is 0: held against numeric differences of
// the posterior itself.
TEST(ChoiceFit, ends_at_the_top_of_the_posterior) {
    const History history = stories_of(one_peak(), 40);
    const SettingsBox box{RandomRanges{}};
    const auto fit = fit_choices(history, box);
    const ChoicePrior prior(fit.strengths, fit.steps, fit.basis);
    const ChoiceLikelihood likelihood(
        history, fit.basis.size(),
        [&](const SeenOffer& offer, std::size_t i, std::span<double> features) {
            fit.basis.evaluate(box.at(offer.shown[i]), features);
        },
        [](const SeenOffer& offer) { return apart(offer.step); });
    const auto posterior = [&](const Matrix& z) {
        return likelihood.value({prior.weights(z), fit.places}, nullptr, nullptr) -
               0.5 * dot(z.all(), z.all());
    };
    Matrix z = fit.z;
    for (std::size_t i = 0; i < z.all().size(); i += 37) {
        const double at = z.all()[i];
        z.all()[i] = at + 1e-4;
        const double above = posterior(z);
        z.all()[i] = at - 1e-4;
        const double below = posterior(z);
        z.all()[i] = at;
        EXPECT_NEAR((above - below) / 2e-4, 0, 0.02) << i;
    }
}

}  // namespace
}  // namespace fabula::preference
