// SPDX-License-Identifier: 0BSD
#include "preference/pick_regression.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace fabula::preference {
namespace {

constexpr double largest_top_k = 1'000'000;  // what 0, all tokens, counts as
constexpr double furthest = 3;               // deviations

std::array<double, 3> numbers_of(const SeenCandidate& candidate) {
    return {candidate.temperature, std::log(candidate.top_k > 0 ? candidate.top_k : largest_top_k),
            candidate.typical_p};
}

}  // namespace

PickRegression::Scaling PickRegression::scaling_of(std::span<const SeenCandidate> candidates) {
    assert(!candidates.empty());
    Scaling scaling;
    const auto n = static_cast<double>(candidates.size());
    for (const auto& candidate : candidates) {
        const auto numbers = numbers_of(candidate);
        for (std::size_t i = 0; i < 3; ++i)
            scaling.mean[i] += numbers[i] / n;
    }
    std::array<double, 3> variance{};
    for (const auto& candidate : candidates) {
        const auto numbers = numbers_of(candidate);
        for (std::size_t i = 0; i < 3; ++i)
            variance[i] += (numbers[i] - scaling.mean[i]) * (numbers[i] - scaling.mean[i]) / n;
    }
    for (std::size_t i = 0; i < 3; ++i) {
        const double deviation = std::sqrt(variance[i]);
        scaling.deviation[i] = deviation > 1e-9 ? deviation : 1;
    }
    return scaling;
}

PickRegression::Features PickRegression::Scaling::features(const SeenCandidate& candidate) const {
    const auto numbers = numbers_of(candidate);
    std::array<double, 3> x{};
    for (std::size_t i = 0; i < 3; ++i)
        x[i] = std::clamp((numbers[i] - mean[i]) / deviation[i], -furthest, furthest);
    Features features{};
    std::size_t next = 0;
    features[next++] = 1;
    for (std::size_t i = 0; i < 3; ++i) {
        features[next++] = x[i];
        for (std::size_t j = i; j < 3; ++j) {
            features[next++] = x[i] * x[j];
            for (std::size_t k = j; k < 3; ++k)
                features[next++] = x[i] * x[j] * x[k];
        }
    }
    assert(next == n_features);
    return features;
}

PickRegression::PickRegression(const Matrix& rows, std::span<const double> picks, double penalty)
    : weights_(n_features) {
    assert(rows.columns() == n_features && rows.rows() == picks.size() && penalty > 0);
    Matrix gram(n_features, n_features);
    add_gram(rows, gram);
    for (std::size_t i = 0; i < n_features; ++i)
        gram(i, i) += i == 0 ? 1e-9 : penalty;
    for (std::size_t i = 0; i < picks.size(); ++i)
        add_scaled(picks[i], rows.row(i), weights_);
    const bool is_definite = factorize(gram);
    assert(is_definite);  // a sum of squares, and the penalty on top
    if (is_definite) solve(gram, weights_);
}

double PickRegression::probability(std::span<const double> features) const {
    return std::clamp(dot(weights_, features), 0.0, 1.0);
}

}  // namespace fabula::preference
