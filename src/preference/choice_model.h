// SPDX-License-Identifier: 0BSD
// What people pick as a function of the settings shown, the step of the story and the place on the
// screen: utilities, learned from a history. Immutable; several threads may use one.
#pragma once

#include "base/result.h"
#include "preference/choice_prior.h"
#include "preference/history.h"
#include "preference/settings_box.h"

#include <cstddef>
#include <span>
#include <vector>

namespace fabula::preference {

/// P(pick = i) = exp(u(x_i, step) + b_i) / sum_j exp(u(x_j, step) + b_j), where x are temperature,
/// ln top_k and typical_p, each from 0 to 1 over the ranges (`SettingsBox`), and b_i is an
/// intercept of place i, the same at all steps.
///
/// u is smooth: a Gaussian process over x and the step, as a ridge regression on cosines
/// (cosine_basis.h). Steps share it in four parts of which each has its own strength
/// (`StepVariances`): shared by all, alternating between odd and even steps, fading with the
/// distance of steps, and of one step alone. The weights are the most probable ones; the strengths
/// and the three lengths over which u changes are those under which the picks are most probable
/// (choice_fit.h).
///
/// Left out are offers without a pick, since what "none" is worth changes with the story, and
/// offers of one candidate.
///
/// Source: McFadden, "Conditional Logit Analysis of Qualitative Choice Behavior", 1974; Chu,
/// Ghahramani, "Preference Learning with Gaussian Processes", ICML 2005, whose pairs are ours for
/// two candidates, with a probit in the logit's place and an exact process in that of cosines.
class ChoiceModel {
public:
    /// Requires valid ranges. Errors: those of `validate(history)`.
    ///
    /// 1,000 stories of 8 steps with 3 candidates take some seconds, most of it whatever the number
    /// of stories: O(n_candidates n_features^2 + n_steps n_features^3).
    static Result<ChoiceModel> fit(const History& history, const RandomRanges& ranges);

    /// u, in natural logarithms of odds; only differences at one step mean anything.
    double utility(std::size_t step, const Point& point) const;

    /// The same for all steps at once that are apart, [n_steps_apart]: steps 1 to 24.
    std::vector<double> utilities(const Point& point) const;

    /// b of place i, counted from 0; 0 for a place that was never shown.
    double place_utility(std::size_t i) const;

    /// ln P(pick = i), [n_shown].
    std::vector<double> log_probabilities(const SeenOffer& offer) const;

    /// Offers that it learned from.
    std::size_t n_offers() const { return n_offers_; }
    const ChoiceStrengths& strengths() const { return strengths_; }
    const SettingsBox& box() const { return box_; }

private:
    explicit ChoiceModel(const RandomRanges& ranges);

    ChoiceStrengths strengths_;
    SettingsBox box_;
    CosineBasis basis_;
    std::size_t n_offers_ = 0;
    std::vector<double> places_;
    Matrix weights_;  // [n_steps_apart, n_features]; empty where nothing was learned
};

}  // namespace fabula::preference
