// SPDX-License-Identifier: 0BSD
// Where the settings of a candidate come from: a policy is a pure function of the step, the base
// settings and a stream of numbers. It says with what density it drew what it drew.
#pragma once

#include "base/result.h"
#include "base/rng.h"
#include "sample/settings.h"

#include <optional>
#include <string>
#include <string_view>

namespace fabula::preference {

/// fixed: the settings as they are. random: drawn within ranges. average: about the means of what
/// was picked at the step. portfolio: about the best distinct regions of settings, with
/// exploration. automatic: whichever of these explains best what was picked. The last three learn:
/// proposer.h.
enum class Policy { fixed, random, average, portfolio, automatic };

/// "fixed", "random", "average", "portfolio", "auto". Errors of the second: invalid_input, naming
/// the known ones.
const char* name_of(Policy policy);
Result<Policy> policy_named(std::string_view name);

/// The ranges of the random policy (S0.22, S0.23). `temperature_high` falls linearly from
/// `temperature_high_at_low_top_k` at top_k_low to `temperature_high_at_high_top_k` at top_k_high.
struct RandomRanges {
    int top_k_low = 10;
    int top_k_high = 200;
    double temperature_low = 0.5;
    double temperature_high_at_low_top_k = 1.3;
    double temperature_high_at_high_top_k = 0.9;
    double typical_p_low = 0.6;
    double typical_p_high = 1.0;
};

/// Whether the ranges are not empty and lie within those of `sample::fields()`.
/// Errors: invalid_input, naming the bound.
Result<Unit> validate(const RandomRanges& ranges);

/// The highest temperature that the random policy draws at `top_k`: linear between the two ends,
///   high_at_low + (high_at_high - high_at_low) (top_k - top_k_low) / (top_k_high - top_k_low),
/// and that of the nearer end outside them.
double temperature_ceiling(const RandomRanges& ranges, int top_k);

struct Proposal {
    sample::Settings settings;
    /// Density of the drawn settings under the policy: per unit of temperature and typical_p, mass
    /// in top_k (base measure: counting x Lebesgue x Lebesgue). Empty where nothing was drawn.
    std::optional<double> propensity;
};

/// The density, as in `Proposal`, with which the random policy draws `settings`; 0 where it never
/// does. top_k: mass ln((k + 1) / k) / ln((high + 1) / low), log-uniform over whole numbers.
/// temperature: uniform between temperature_low and the ceiling at that top_k; typical_p: uniform.
/// A range of one point counts as mass 1.
double random_density(const RandomRanges& ranges, const sample::Settings& settings);

/// The settings of one candidate. `rng` is the candidate's stream for settings, not that of its
/// words: numbers 0 to 2 of it draw top_k, temperature and typical_p; all other settings are those
/// of `base`. Requires valid ranges, and a policy that need not learn: fixed or random.
Proposal propose(Policy policy, const sample::Settings& base, const RandomRanges& ranges,
                 const Rng& rng);

}  // namespace fabula::preference
