// SPDX-License-Identifier: 0BSD
#include "preference/policy.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace fabula::preference {
namespace {

// Which number of the stream draws which setting. Part of the record: never renumbered.
enum Position : std::uint64_t { for_top_k = 0, for_temperature = 1, for_typical_p = 2 };

// P(top_k = k) = ln((k + 1) / k) / ln((high + 1) / low): log-uniform over whole numbers, since the
// step from 10 to 20 tokens changes the words as much as that from 100 to 200.
double top_k_mass(const RandomRanges& ranges, int k) {
    return std::log1p(1.0 / k) / std::log((ranges.top_k_high + 1.0) / ranges.top_k_low);
}

int top_k_at(const RandomRanges& ranges, double number) {
    const double widest = (ranges.top_k_high + 1.0) / ranges.top_k_low;
    const double k = std::floor(ranges.top_k_low * std::pow(widest, number));
    return std::clamp(static_cast<int>(k), ranges.top_k_low, ranges.top_k_high);
}

struct Interval {
    double low;
    double high;

    double at(double number) const { return std::min(high, low + number * (high - low)); }
    // An interval of one point is no dimension: its density is its mass.
    double density() const { return high > low ? 1 / (high - low) : 1; }
};

Interval temperatures(const RandomRanges& ranges, int top_k) {
    return {ranges.temperature_low, temperature_ceiling(ranges, top_k)};
}

Interval typical_ps(const RandomRanges& ranges) {
    return {ranges.typical_p_low, ranges.typical_p_high};
}

Error invalid(const std::string& message) {
    return {ErrorCode::invalid_input, "random policy: " + message};
}

}  // namespace

const char* name_of(Policy policy) {
    switch (policy) {
        case Policy::fixed:
            return "fixed";
        case Policy::random:
            return "random";
        case Policy::average:
            return "average";
        case Policy::portfolio:
            return "portfolio";
        case Policy::automatic:
            return "auto";
    }
    return "unknown";
}

Result<Policy> policy_named(std::string_view name) {
    for (const auto policy :
         {Policy::fixed, Policy::random, Policy::average, Policy::portfolio, Policy::automatic}) {
        if (name == name_of(policy)) return policy;
    }
    return Error{ErrorCode::invalid_input,
                 "unknown policy '" + std::string(name) +
                     "'; known are fixed, random, average, portfolio, auto"};
}

Result<Unit> validate(const RandomRanges& ranges) {
    const double lowest_ceiling =
        std::min(ranges.temperature_high_at_low_top_k, ranges.temperature_high_at_high_top_k);
    if (ranges.top_k_low < 1) return invalid("top_k_low must be at least 1");
    if (ranges.top_k_high < ranges.top_k_low) return invalid("top_k_high is below top_k_low");
    if (!(ranges.temperature_low >= sample::lowest_temperature))
        return invalid("temperature_low must be greater than 0");
    if (!(lowest_ceiling >= ranges.temperature_low))
        return invalid("a ceiling of temperature is below temperature_low");
    if (!(ranges.typical_p_high >= ranges.typical_p_low))
        return invalid("typical_p_high is below typical_p_low");
    // The corners hold everything between them.
    for (const auto& [top_k, typical_p] : {std::pair{ranges.top_k_low, ranges.typical_p_low},
                                           std::pair{ranges.top_k_high, ranges.typical_p_high}}) {
        sample::Settings corner;
        corner.top_k = top_k;
        corner.typical_p = typical_p;
        corner.temperature = temperature_ceiling(ranges, top_k);
        if (const auto valid = sample::validate(corner); !valid)
            return invalid(valid.error().message);
    }
    return Unit{};
}

double temperature_ceiling(const RandomRanges& ranges, int top_k) {
    if (ranges.top_k_high <= ranges.top_k_low) return ranges.temperature_high_at_low_top_k;
    const int k = std::clamp(top_k, ranges.top_k_low, ranges.top_k_high);
    const double share =
        static_cast<double>(k - ranges.top_k_low) / (ranges.top_k_high - ranges.top_k_low);
    return std::lerp(ranges.temperature_high_at_low_top_k, ranges.temperature_high_at_high_top_k,
                     share);
}

double random_density(const RandomRanges& ranges, const sample::Settings& settings) {
    const Interval temperature = temperatures(ranges, settings.top_k);
    const Interval typical_p = typical_ps(ranges);
    const bool is_drawn =
        settings.top_k >= ranges.top_k_low && settings.top_k <= ranges.top_k_high &&
        settings.temperature >= temperature.low && settings.temperature <= temperature.high &&
        settings.typical_p >= typical_p.low && settings.typical_p <= typical_p.high;
    if (!is_drawn) return 0.0;
    return top_k_mass(ranges, settings.top_k) * temperature.density() * typical_p.density();
}

Proposal propose(Policy policy, const sample::Settings& base, const RandomRanges& ranges,
                 const Rng& rng) {
    if (policy == Policy::fixed) return {base, std::nullopt};
    assert(policy == Policy::random && validate(ranges).has_value());
    Proposal proposal{base, std::nullopt};
    auto& settings = proposal.settings;
    settings.top_k = top_k_at(ranges, rng.uniform(for_top_k));
    settings.temperature = temperatures(ranges, settings.top_k).at(rng.uniform(for_temperature));
    settings.typical_p = typical_ps(ranges).at(rng.uniform(for_typical_p));
    proposal.propensity = random_density(ranges, settings);
    return proposal;
}

}  // namespace fabula::preference
