// SPDX-License-Identifier: 0BSD
// Seeded rows of logits for tests: the shapes that a model, a broken model and an adversary would
// send.
#pragma once

#include "base/rng.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <vector>

namespace fabula::sample {

enum class Shape {
    normal,
    heavy_tailed,
    flat,
    tied,
    banned_in_part,
    far_outlier,
    nearly_flat,
    one_hot,
    two_values,
    denormal,
    huge,
    peaked,
    banned_but_few
};
constexpr Shape shapes[] = {Shape::normal,        Shape::heavy_tailed,   Shape::flat,
                            Shape::tied,          Shape::banned_in_part, Shape::far_outlier,
                            Shape::nearly_flat,   Shape::one_hot,        Shape::two_values,
                            Shape::denormal,      Shape::huge,           Shape::peaked,
                            Shape::banned_but_few};

inline double normal_number(const Rng& rng, std::uint64_t at) {
    const double radius = std::sqrt(-2 * std::log(1 - rng.uniform(at, 0)));
    return radius * std::cos(2 * std::numbers::pi * rng.uniform(at, 1));
}

inline std::vector<float> row_of(Shape shape, std::size_t n_vocab, const Rng& rng) {
    std::vector<float> row(n_vocab);
    for (std::size_t i = 0; i < n_vocab; ++i) {
        double logit = 3 * normal_number(rng, i);
        if (shape == Shape::heavy_tailed) logit = std::tan(3 * (rng.uniform(i, 2) - 0.5)) * 2;
        if (shape == Shape::flat) logit = 1.25;
        if (shape == Shape::tied) logit = std::round(logit / 2) * 2;
        if (shape == Shape::banned_in_part && rng.uniform(i, 3) < 0.3)
            logit = -std::numeric_limits<double>::infinity();
        if (shape == Shape::far_outlier && i % 97 == 5) logit = -1e30 * rng.uniform(i, 4);
        if (shape == Shape::nearly_flat) logit = 1.25 + 0.003 * logit;
        if (shape == Shape::one_hot) logit = -800;
        if (shape == Shape::two_values) logit = rng.uniform(i, 5) < 0.4 ? 0.5 : -0.75;
        if (shape == Shape::denormal) logit *= 1e-41;
        if (shape == Shape::huge) logit = 1e4 + std::round(8 * logit) / 8;
        // A likely word in fifty, and the rest far behind it, as a language model is at times.
        if (shape == Shape::peaked) logit = i % 50 == 7 ? logit + 9 : logit / 4 - 12;
        if (shape == Shape::banned_but_few && rng.uniform(i, 6) > 0.002)
            logit = -std::numeric_limits<double>::infinity();
        row[i] = static_cast<float>(logit);
    }
    if (shape != Shape::huge) row[n_vocab / 2] = 2.5F;  // one is always in play
    return row;
}

}  // namespace fabula::sample
