// SPDX-License-Identifier: 0BSD
#include "preference/choice_likelihood.h"

#include "base/rng.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fabula::preference {
namespace {

// Offers of 1 to 5 candidates at steps 1 to 3, some of them undecided.
History varied_history() {
    History history;
    for (std::uint64_t i = 0; i < 40; ++i) {
        const Rng rng = Rng(4).child(i);
        SeenOffer offer{static_cast<std::int64_t>(i), 1 + i % 3, {}, std::nullopt};
        const std::size_t n = 1 + i % 5;
        for (std::size_t j = 0; j < n; ++j)
            offer.shown.push_back({rng.uniform(3 * j), 10, rng.uniform(3 * j + 1), 0, {}});
        if (i % 7 != 0)
            offer.picked = static_cast<std::size_t>(rng.uniform(99) * static_cast<double>(n));
        history.push_back(offer);
    }
    return history;
}

ChoiceLikelihood likelihood_of(const History& history) {
    return {history, 3,
            [](const SeenOffer& offer, std::size_t i, std::span<double> features) {
                const auto& candidate = offer.shown[i];
                features[0] = candidate.temperature;
                features[1] = candidate.typical_p;
                features[2] = candidate.temperature * candidate.typical_p;
            },
            [](const SeenOffer& offer) { return offer.step; }};
}

// Every parameter in a row, to vary one at a time.
std::vector<double*> parameters_of(ChoiceWeights& weights) {
    std::vector<double*> all;
    for (double& value : weights.weights.all())
        all.push_back(&value);
    for (double& value : weights.places)
        all.push_back(&value);
    return all;
}

ChoiceWeights some_weights(const ChoiceLikelihood& likelihood) {
    ChoiceWeights weights = likelihood.nothing();
    std::uint64_t next = 0;
    for (double* value : parameters_of(weights))
        *value = 2 * Rng(8).uniform(next++) - 1;
    return weights;
}

TEST(ChoiceLikelihood, is_that_of_an_offer_done_by_hand) {
    const History history{{1, 1, {{0.5, 1, 1, 0, {}}, {1.0, 1, 1, 0, {}}}, 1}};
    const auto likelihood = likelihood_of(history);
    ChoiceWeights weights = likelihood.nothing();
    EXPECT_NEAR(likelihood.value(weights, nullptr, nullptr), -std::log(2), 1e-12);
    weights.weights(0, 0) = 2;  // utilities 1 and 2
    weights.places = {0, 0.5};  // and 2.5
    EXPECT_NEAR(likelihood.value(weights, nullptr, nullptr), -std::log(1 + std::exp(-1.5)), 1e-12);
}

TEST(ChoiceLikelihood, leaves_out_what_says_nothing) {
    const History history{{1, 1, {{0.5, 1, 1, 0, {}}}, 0},
                          {1, 2, {{0.5, 1, 1, 0, {}}, {0.6, 1, 1, 0, {}}}, std::nullopt},
                          {1, 3, {}, std::nullopt}};
    const auto likelihood = likelihood_of(history);
    EXPECT_EQ(likelihood.n_offers(), 0U);
    EXPECT_TRUE(likelihood.groups().empty());
    EXPECT_EQ(likelihood.value(likelihood.nothing(), nullptr, nullptr), 0);
}

TEST(ChoiceLikelihood, has_the_gradient_of_its_differences) {
    const auto likelihood = likelihood_of(varied_history());
    ChoiceWeights weights = some_weights(likelihood);
    ChoiceWeights gradient;
    likelihood.value(weights, &gradient, nullptr);
    const auto slopes = parameters_of(gradient);
    const auto values = parameters_of(weights);
    ASSERT_EQ(slopes.size(), 3U * 3 + 5);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double at = *values[i];
        const double step = 1e-5;
        *values[i] = at + step;
        const double above = likelihood.value(weights, nullptr, nullptr);
        *values[i] = at - step;
        const double below = likelihood.value(weights, nullptr, nullptr);
        *values[i] = at;
        EXPECT_NEAR(*slopes[i], (above - below) / (2 * step), 1e-7) << i;
    }
}

TEST(ChoiceLikelihood, has_the_curvature_of_the_differences_of_its_gradient) {
    const auto likelihood = likelihood_of(varied_history());
    ChoiceWeights weights = some_weights(likelihood);
    std::vector<double> probabilities;
    likelihood.value(weights, nullptr, &probabilities);
    const auto blocks = likelihood.curvature(probabilities);
    const auto by_place = likelihood.curvature_by_place(probabilities);
    const double step = 1e-5;
    const auto slope = [&](double* parameter, double change) {
        const double at = *parameter;
        *parameter = at + change;
        ChoiceWeights gradient;
        likelihood.value(weights, &gradient, nullptr);
        *parameter = at;
        return gradient;
    };
    for (std::size_t g = 0; g < 3; ++g) {
        for (std::size_t j = 0; j < 3; ++j) {
            const auto above = slope(&weights.weights(g, j), step);
            const auto below = slope(&weights.weights(g, j), -step);
            Matrix unit(3, 3);
            unit(g, j) = 1;
            const Matrix column = likelihood.curvature_times(probabilities, unit);
            for (std::size_t other = 0; other < 3; ++other) {
                for (std::size_t i = 0; i < 3; ++i) {
                    const double expected =
                        (below.weights(other, i) - above.weights(other, i)) / (2 * step);
                    EXPECT_NEAR(column(other, i), expected, 1e-7);
                    if (other == g && i <= j) {
                        EXPECT_NEAR(blocks[g](i, j), expected, 1e-7);
                    }
                }
            }
        }
    }
    for (std::size_t q = 0; q < 5; ++q) {
        const auto above = slope(&weights.places[q], step);
        const auto below = slope(&weights.places[q], -step);
        for (std::size_t p = 0; p <= q; ++p)
            EXPECT_NEAR(by_place(p, q), (below.places[p] - above.places[p]) / (2 * step), 1e-7);
    }
}

TEST(FitPlaces, finds_how_much_more_often_the_first_is_picked) {
    History history;
    const SeenCandidate same{0.8, 40, 1, 0, {}};
    for (int i = 0; i < 1000; ++i)
        history.push_back({i, 1, {same, same, same}, i % 10 < 6 ? 0U : (i % 10 < 9 ? 1U : 2U)});
    const auto places = fit_places(history);
    ASSERT_EQ(places.size(), 3U);
    // Picked 600, 300 and 100 times.
    EXPECT_NEAR(places[0] - places[1], std::log(2), 0.02);
    EXPECT_NEAR(places[1] - places[2], std::log(3), 0.05);
    EXPECT_TRUE(fit_places({}).empty());
}

TEST(ToLogProbabilities, does_not_overflow) {
    std::vector<double> utilities{1000, 1000, -1000};
    to_log_probabilities(utilities);
    EXPECT_NEAR(utilities[0], -std::log(2), 1e-12);
    EXPECT_NEAR(utilities[2], -2000 - std::log(2), 1e-9);
}

}  // namespace
}  // namespace fabula::preference
