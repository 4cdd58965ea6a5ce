// SPDX-License-Identifier: 0BSD
#include "preference/one_number_logit.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace fabula::preference {
namespace {

// Derivatives of the log-likelihood of one offer at b.
struct Slopes {
    double gradient = 0;
    double information = 0;  // minus the second derivative
    double likelihood = 0;
};

Slopes slopes_of(const ComparedOffer& offer, double unit, double b) {
    const double highest = *std::max_element(offer.values.begin(), offer.values.end());
    const double lowest = *std::min_element(offer.values.begin(), offer.values.end());
    const double about = b >= 0 ? highest : lowest;  // no exponent is above 0
    double mass = 0;
    double first = 0;
    double second = 0;
    for (const double value : offer.values) {
        const double z = (value - about) / unit;
        const double weight = std::exp(b * z);
        mass += weight;
        first += weight * z;
        second += weight * z * z;
    }
    const double mean = first / mass;
    const double picked = (offer.values[offer.picked] - about) / unit;
    return {picked - mean, second / mass - mean * mean, b * picked - std::log(mass)};
}

Slopes slopes_of(std::span<const ComparedOffer> offers, double unit, double b) {
    Slopes total;
    for (const auto& offer : offers) {
        const auto slopes = slopes_of(offer, unit, b);
        total.gradient += slopes.gradient;
        total.information += slopes.information;
        total.likelihood += slopes.likelihood;
    }
    return total;
}

bool is_separated(std::span<const ComparedOffer> offers) {
    const auto holds_everywhere = [&](auto is_beyond) {
        return std::all_of(offers.begin(), offers.end(), [&](const ComparedOffer& offer) {
            const double picked = offer.values[offer.picked];
            return std::none_of(offer.values.begin(), offer.values.end(),
                                [&](double value) { return is_beyond(value, picked); });
        });
    };
    return holds_everywhere([](double a, double b) { return a > b; }) ||
           holds_everywhere([](double a, double b) { return a < b; });
}

}  // namespace

std::optional<OneNumberFit> fit_one_number(std::span<const ComparedOffer> offers, double unit) {
    if (offers.empty() || is_separated(offers)) return {};
    double b = 0;
    auto at_b = slopes_of(offers, unit, b);
    for (int i = 0; i < 100 && at_b.information > 0; ++i) {
        double step = at_b.gradient / at_b.information;
        if (std::abs(step) < 1e-10) break;
        auto next = slopes_of(offers, unit, b + step);
        while (next.likelihood < at_b.likelihood && std::abs(step) > 1e-12) {
            step /= 2;
            next = slopes_of(offers, unit, b + step);
        }
        b += step;
        at_b = next;
    }
    if (at_b.information <= 0) return {};
    std::map<std::int64_t, double> gradients;
    for (const auto& offer : offers)
        gradients[offer.story] += slopes_of(offer, unit, b).gradient;
    double squares = 0;
    for (const auto& [story, gradient] : gradients)
        squares += gradient * gradient;
    return OneNumberFit{b, std::sqrt(squares) / at_b.information};
}

}  // namespace fabula::preference
