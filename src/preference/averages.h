// SPDX-License-Identifier: 0BSD
// The means of the settings that people picked, by step number (S0.15): as they are, and shrunk
// towards the mean of all steps where a step has few picks. Values only.
#pragma once

#include "preference/history.h"

#include <cstddef>
#include <map>
#include <optional>

namespace fabula::preference {

/// One setting over the picks of one step.
struct Average {
    std::size_t n = 0;           // picks that count for this setting
    std::optional<double> mean;  // arithmetic, over the picks of the step; empty for n = 0
    double sd = 0;               // of the sample, with n - 1; 0 for n < 2
    std::optional<double> used;  // the mean after shrinking; empty without any pick at any step
    double spread = 0;           // sd after shrinking towards that within all steps

    bool operator==(const Average&) const = default;
};

struct StepAverages {
    std::size_t step = 1;
    std::size_t n = 0;  // picks at this step
    Average temperature;
    Average top_k;  // without picks of top_k 0, which are all tokens and no small number
    Average typical_p;
    Average max_new_tokens;        // without picks of which it is not known (0)
    std::size_t n_all_tokens = 0;  // picks of top_k 0

    bool operator==(const StepAverages&) const = default;
};

/// What was picked, by step.
///
/// `used` of step i is  mu + w_i (mean_i - mu),  w_i = n_i / (n_i + within / between):
/// the empirical Bayes estimate of a one-way layout with random effects. `within` is the variance
/// of the picks within steps, pooled; `between` that of the steps' true means, by the moments of
/// DerSimonian and Laird, 0 where that comes out negative; mu the mean over steps, each weighted by
/// 1 / (between + within / n_i). Where steps do not differ more than chance has it, mu is the mean
/// of all picks and every step has it; so has a step that was never picked at. Where no step has
/// two picks, nothing tells the two variances apart, and every step has the mean of all picks.
/// `spread`^2 is ((n_i - 1) sd_i^2 + 10 within) / (n_i + 9).
///
/// Source: Robbins, "An Empirical Bayes Approach to Statistics", 3rd Berkeley Symposium, 1956;
/// Efron, Morris, "Data Analysis Using Stein's Estimator and its Generalizations", JASA 70, 1975;
/// DerSimonian, Laird, "Meta-analysis in clinical trials", Controlled Clinical Trials 7, 1986,
/// equation 8. Theirs has a variance for each group; ours is one, pooled, since a step may have a
/// single pick.
class Averages {
public:
    /// Offers without a pick are left out. Requires a valid history.
    explicit Averages(const History& history);

    /// For a step that was never picked at: n = 0 and `used` = mu.
    StepAverages at(std::size_t step) const;

    /// Over all steps.
    std::size_t n_picks() const { return n_picks_; }

private:
    std::map<std::size_t, StepAverages> steps_;
    StepAverages unseen_;
    std::size_t n_picks_ = 0;
};

}  // namespace fabula::preference
