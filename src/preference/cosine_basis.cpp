// SPDX-License-Identifier: 0BSD
#include "preference/cosine_basis.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

namespace fabula::preference {
namespace {

constexpr double margin = 0.4;  // of the box, on each side
constexpr double unit_frequency = std::numbers::pi / (1 + 2 * margin);
constexpr int highest_frequency = 15;
constexpr double least_exponent = 4;  // variances below exp(-4) of the highest do not matter

// Minus the logarithm of the spectral density, up to a constant.
double exponent_of(const CosineBasis::Frequencies& frequencies, const Point& lengths) {
    double exponent = 0;
    for (std::size_t d = 0; d < 3; ++d) {
        const double z = frequencies[d] * unit_frequency * lengths[d];
        exponent += 0.5 * z * z;
    }
    return exponent;
}

}  // namespace

CosineBasis::CosineBasis(const SettingsBox& box, const Point& lengths, std::size_t most) {
    Frequencies highest{};
    for (std::size_t d = 0; d < 3; ++d) {
        is_open_[d] = box.is_open(d);
        highest[d] = is_open_[d] ? highest_frequency : 0;
    }
    for (int a = 0; a <= highest[0]; ++a) {
        for (int b = 0; b <= highest[1]; ++b) {
            for (int c = 0; c <= highest[2]; ++c) {
                const int sum = a + b + c;
                // The first of each direction is always there, however long the lengths.
                if (sum == 1 || (sum > 1 && exponent_of({a, b, c}, lengths) < least_exponent))
                    frequencies_.push_back({a, b, c});
            }
        }
    }
    std::stable_sort(frequencies_.begin(), frequencies_.end(),
                     [&](const Frequencies& a, const Frequencies& b) {
                         return exponent_of(a, lengths) < exponent_of(b, lengths);
                     });
    frequencies_.resize(std::min(frequencies_.size(), most));
    for (const auto& frequencies : frequencies_)
        highest_ = std::max(highest_, *std::max_element(frequencies.begin(), frequencies.end()));
}

void CosineBasis::evaluate(const Point& point, std::span<double> features) const {
    assert(features.size() == size());
    const auto n = static_cast<std::size_t>(highest_) + 1;
    std::array<double, 3UL * (highest_frequency + 1)> cosines{};
    for (std::size_t d = 0; d < 3; ++d) {
        const double angle = unit_frequency * (point[d] + margin);
        cosines[d * n] = 1;
        for (std::size_t j = 1; j < n; ++j)
            cosines[d * n + j] = std::numbers::sqrt2 * std::cos(static_cast<double>(j) * angle);
    }
    const auto at = [&](std::size_t d, int j) {
        return cosines[d * n + static_cast<std::size_t>(j)];
    };
    for (std::size_t m = 0; m < size(); ++m) {
        const auto& [a, b, c] = frequencies_[m];
        features[m] = at(0, a) * at(1, b) * at(2, c);
    }
}

std::vector<double> CosineBasis::variances(const Point& lengths) const {
    // By Poisson's sum, the squares of a direction's cosines come to 1/2 + sum of its variances
    // wherever no mirror image is near.
    double total = 1;
    for (std::size_t d = 0; d < 3; ++d) {
        if (!is_open_[d]) continue;
        double sum = 0.5;
        for (int j = 1; j <= 10 * highest_frequency; ++j) {
            Frequencies frequencies{};
            frequencies[d] = j;
            sum += std::exp(-exponent_of(frequencies, lengths));
        }
        total *= sum;
    }
    std::vector<double> variances;
    variances.reserve(size());
    for (const auto& frequencies : frequencies_)
        variances.push_back(std::exp(-exponent_of(frequencies, lengths)) / total);
    return variances;
}

}  // namespace fabula::preference
