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

/// Entry `i` of such a row.
inline double logit_of(Shape shape, std::size_t i, const Rng& rng) {
    const double banned = -std::numeric_limits<double>::infinity();
    const double normal = 3 * normal_number(rng, i);
    switch (shape) {
        case Shape::normal:
            return normal;
        case Shape::heavy_tailed:
            return std::tan(3 * (rng.uniform(i, 2) - 0.5)) * 2;
        case Shape::flat:
            return 1.25;
        case Shape::tied:
            return std::round(normal / 2) * 2;
        case Shape::banned_in_part:
            return rng.uniform(i, 3) < 0.3 ? banned : normal;
        case Shape::far_outlier:
            return i % 97 == 5 ? -1e30 * rng.uniform(i, 4) : normal;
        case Shape::nearly_flat:
            return 1.25 + 0.003 * normal;
        case Shape::one_hot:
            return -800;
        case Shape::two_values:
            return rng.uniform(i, 5) < 0.4 ? 0.5 : -0.75;
        case Shape::denormal:
            return normal * 1e-41;
        case Shape::huge:
            return 1e4 + std::round(8 * normal) / 8;
        case Shape::peaked:
            // A likely word in fifty, and the rest far behind it, as a language model is at times.
            return i % 50 == 7 ? normal + 9 : normal / 4 - 12;
        case Shape::banned_but_few:
            return rng.uniform(i, 6) > 0.002 ? banned : normal;
    }
    return 0;
}

inline std::vector<float> row_of(Shape shape, std::size_t n_vocab, const Rng& rng) {
    std::vector<float> row(n_vocab);
    for (std::size_t i = 0; i < n_vocab; ++i)
        row[i] = static_cast<float>(logit_of(shape, i, rng));
    if (shape != Shape::huge) row[n_vocab / 2] = 2.5F;  // one is always in play
    return row;
}

}  // namespace fabula::sample
