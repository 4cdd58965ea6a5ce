// SPDX-License-Identifier: 0BSD
#include "preference/pick_regression.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace fabula::preference {
namespace {

std::vector<SeenCandidate> grid() {
    std::vector<SeenCandidate> candidates;
    for (int i = 0; i < 512; ++i)
        candidates.push_back({0.5 + 0.1 * (i % 8),
                              static_cast<int>(10 * std::exp(0.4 * (i / 8 % 8))),
                              0.6 + 0.05 * (i / 64),
                              64,
                              {}});
    return candidates;
}

Matrix rows_of(const std::vector<SeenCandidate>& candidates,
               const PickRegression::Scaling& scaling) {
    Matrix rows(candidates.size(), PickRegression::n_features);
    for (std::size_t i = 0; i < candidates.size(); ++i)
        std::ranges::copy(scaling.features(candidates[i]), rows.row(i).begin());
    return rows;
}

double cubic(const SeenCandidate& at) {
    const double t = at.temperature - 0.8;
    return 0.4 + 0.3 * t - 0.8 * t * t + 0.5 * t * (at.typical_p - 0.8) +
           0.02 * std::log(at.top_k) * (at.typical_p - 0.8) * t;
}

TEST(PickRegression, finds_a_cubic_again) {
    const auto candidates = grid();
    const auto scaling = PickRegression::scaling_of(candidates);
    std::vector<double> values;
    for (const auto& each : candidates)
        values.push_back(cubic(each));
    const PickRegression model(rows_of(candidates, scaling), values, 1e-6);
    const SeenCandidate between{0.83, 33, 0.77, 64, {}};
    EXPECT_NEAR(model.probability(scaling.features(between)), cubic(between), 1e-6);
}

TEST(PickRegression, says_the_mean_where_the_penalty_is_without_end) {
    const auto candidates = grid();
    const auto scaling = PickRegression::scaling_of(candidates);
    std::vector<double> picks;
    for (std::size_t i = 0; i < candidates.size(); ++i)
        picks.push_back(i % 4 == 0 ? 1 : 0);
    const PickRegression model(rows_of(candidates, scaling), picks, 1e12);
    EXPECT_NEAR(model.probability(scaling.features(candidates[5])), 0.25, 1e-6);
}

TEST(PickRegression, says_nothing_but_probabilities) {
    const auto candidates = grid();
    const auto scaling = PickRegression::scaling_of(candidates);
    std::vector<double> picks;
    for (const auto& each : candidates)
        picks.push_back(each.temperature > 1 ? 1 : 0);
    const PickRegression model(rows_of(candidates, scaling), picks, 1);
    for (const double temperature : {0.01, 0.5, 1.2, 9.0}) {
        const double p = model.probability(scaling.features({temperature, 0, 0.1, 64, {}}));
        EXPECT_GE(p, 0);
        EXPECT_LE(p, 1);
    }
    EXPECT_GT(model.probability(scaling.features({1.2, 50, 0.8, 64, {}})),
              model.probability(scaling.features({0.5, 50, 0.8, 64, {}})));
}

TEST(PickRegression, takes_settings_that_never_vary) {
    const std::vector<SeenCandidate> same(10, SeenCandidate{0.8, 40, 1, 64, {}});
    const auto scaling = PickRegression::scaling_of(same);
    const std::vector<double> picks{1, 0, 0, 1, 0, 0, 0, 0, 0, 1};
    const PickRegression model(rows_of(same, scaling), picks);
    EXPECT_NEAR(model.probability(scaling.features(same[0])), 0.3, 1e-6);
}

}  // namespace
}  // namespace fabula::preference
