// SPDX-License-Identifier: 0BSD
#include "evaluate/scale.h"

#include <algorithm>
#include <cmath>

namespace fabula::evaluate {
namespace {

using preference::RandomRanges;
using preference::SeenCandidate;

// How many nodes an interval of `length` needs so that they lie a quarter of a width apart, 64 at
// least.
int n_nodes(const Reader& reader, Bell Peak::*bell, double length) {
    double narrowest = length;
    for (const auto& peak : reader.peaks)
        narrowest = std::min(narrowest, (peak.*bell).width);
    if (!(length > 0)) return 1;
    return std::clamp(static_cast<int>(std::ceil(4 * length / narrowest)), 64, 400);
}

struct Nodes {
    double low;
    double step;
    int count;

    double middle(int i) const { return low + step * (i + 0.5); }
    double edge(int i) const { return low + step * i; }
};

Nodes temperatures(const Reader& reader, const RandomRanges& ranges, int top_k) {
    const double length = preference::temperature_ceiling(ranges, top_k) - ranges.temperature_low;
    const int count = n_nodes(reader, &Peak::temperature, length);
    return {ranges.temperature_low, length / count, count};
}

Nodes typical_ps(const Reader& reader, const RandomRanges& ranges) {
    const double length = ranges.typical_p_high - ranges.typical_p_low;
    const int count = n_nodes(reader, &Peak::typical_p, length);
    return {ranges.typical_p_low, length / count, count};
}

double top_k_mass(const RandomRanges& ranges, int k) {
    return std::log1p(1.0 / k) / std::log((ranges.top_k_high + 1.0) / ranges.top_k_low);
}

SeenCandidate held_within(SeenCandidate settings, const RandomRanges& ranges) {
    settings.top_k = std::clamp(settings.top_k, ranges.top_k_low, ranges.top_k_high);
    settings.temperature = std::clamp(settings.temperature, ranges.temperature_low,
                                      preference::temperature_ceiling(ranges, settings.top_k));
    settings.typical_p =
        std::clamp(settings.typical_p, ranges.typical_p_low, ranges.typical_p_high);
    return settings;
}

SeenCandidate best_on_grid(const Reader& reader, std::size_t step, const RandomRanges& ranges) {
    SeenCandidate best = held_within({}, ranges);
    double highest = utility(reader, step, best);
    const auto typical = typical_ps(reader, ranges);
    for (int k = ranges.top_k_low; k <= ranges.top_k_high; ++k) {
        const auto temperature = temperatures(reader, ranges, k);
        for (int i = 0; i <= temperature.count; ++i) {
            for (int j = 0; j <= typical.count; ++j) {
                const SeenCandidate at{temperature.edge(i), k, typical.edge(j), 0, {}};
                const double value = utility(reader, step, at);
                if (value <= highest) continue;
                highest = value;
                best = at;
            }
        }
    }
    return held_within(best, ranges);
}

}  // namespace

preference::SeenCandidate best_for(const Reader& reader, std::size_t step,
                                   const RandomRanges& ranges) {
    SeenCandidate best = best_on_grid(reader, step, ranges);
    double highest = utility(reader, step, best);
    // Up while any of the steps goes up, then with steps half as long.
    double stride = 1.0 / 32;
    while (stride > 1e-9) {
        SeenCandidate from = best;
        const double temperature =
            stride * (ranges.temperature_high_at_low_top_k - ranges.temperature_low);
        const double typical = stride * (ranges.typical_p_high - ranges.typical_p_low);
        const int k = std::max(1, static_cast<int>(stride * ranges.top_k_high));
        for (int move = 0; move < 27; ++move) {
            SeenCandidate to = from;
            to.temperature += temperature * (move % 3 - 1);
            to.typical_p += typical * (move / 3 % 3 - 1);
            to.top_k += k * (move / 9 - 1);
            to = held_within(to, ranges);
            const double value = utility(reader, step, to);
            if (value <= highest) continue;
            highest = value;
            best = to;
        }
        if (best == from) stride /= 2;
    }
    return best;
}

double random_utility(const Reader& reader, std::size_t step, const RandomRanges& ranges) {
    const auto typical = typical_ps(reader, ranges);
    double mean = 0;
    for (int k = ranges.top_k_low; k <= ranges.top_k_high; ++k) {
        const auto temperature = temperatures(reader, ranges, k);
        double sum = 0;
        for (int i = 0; i < temperature.count; ++i) {
            for (int j = 0; j < typical.count; ++j)
                sum += utility(reader, step, {temperature.middle(i), k, typical.middle(j), 0, {}});
        }
        mean += top_k_mass(ranges, k) * sum / (temperature.count * typical.count);
    }
    return mean;
}

Result<Scale> scale_of(const Reader& reader, std::size_t steps, const RandomRanges& ranges) {
    // Odd steps are alike, and so are even ones.
    Scale scale;
    const std::size_t even_steps = steps / 2;
    const auto n_even = static_cast<double>(even_steps);
    const auto n_odd = static_cast<double>(steps - even_steps);
    for (const auto& [step, count] : {std::pair{1, n_odd}, std::pair{2, n_even}}) {
        if (count == 0) continue;
        const auto at = static_cast<std::size_t>(step);
        const double share = count / (n_odd + n_even);
        scale.random += share * random_utility(reader, at, ranges);
        scale.oracle += share * utility(reader, at, best_for(reader, at, ranges));
    }
    if (scale.oracle - scale.random > 1e-9) return scale;
    return Error{
        ErrorCode::invalid_input,
        "reader '" + reader.name +
            "' likes no settings within the ranges of the random policy better than others"};
}

}  // namespace fabula::evaluate
