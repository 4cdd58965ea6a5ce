// SPDX-License-Identifier: 0BSD
#include "evaluate/readers.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace fabula::evaluate {
namespace {

constexpr double largest_top_k = 1'000'000;

double squared(const Bell& bell, double x) {
    const double z = (x - bell.centre) / bell.width;
    return z * z;
}

bool stands_at(const Peak& peak, std::size_t step) {
    return peak.parity == Parity::both || (peak.parity == Parity::odd) == (step % 2 == 1);
}

}  // namespace

double utility(const Reader& reader, std::size_t step, const preference::SeenCandidate& candidate) {
    const double ln_top_k = std::log(candidate.top_k > 0 ? candidate.top_k : largest_top_k);
    double value = 0;
    for (const auto& peak : reader.peaks) {
        if (!stands_at(peak, step)) continue;
        const double distance = squared(peak.temperature, candidate.temperature) +
                                squared(peak.ln_top_k, ln_top_k) +
                                squared(peak.typical_p, candidate.typical_p);
        const double worth = peak.height * std::exp(-distance / 2);
        value = reader.combining == Combining::sum ? value + worth : std::max(value, worth);
    }
    return value;
}

std::vector<double> pick_probabilities(const Reader& reader, const preference::SeenOffer& offer) {
    assert(!offer.shown.empty());
    std::vector<double> values;
    values.reserve(offer.shown.size());
    for (std::size_t i = 0; i < offer.shown.size(); ++i) {
        const double bias = i < reader.position_bias.size() ? reader.position_bias[i] : 0;
        values.push_back(utility(reader, offer.step, offer.shown[i]) + bias);
    }
    const auto best = std::ranges::max_element(values);
    if (reader.noise == 0) {
        const auto place = best - values.begin();
        std::ranges::fill(values, 0);
        values[static_cast<std::size_t>(place)] = 1;
        return values;
    }
    const double highest = *best;
    double sum = 0;
    for (auto& value : values) {
        value = std::exp((value - highest) / reader.noise);
        sum += value;
    }
    for (auto& value : values)
        value /= sum;
    return values;
}

}  // namespace fabula::evaluate
