// SPDX-License-Identifier: 0BSD
// The fit of a reader's utilities to picks: the most probable weights under a prior, and the prior
// under which the picks are most probable. Pure functions.
#pragma once

#include "preference/choice_likelihood.h"
#include "preference/choice_prior.h"

#include <vector>

namespace fabula::preference {

struct ChoiceFit {
    CosineBasis basis;
    ChoiceStrengths strengths;
    double place_variance = 0.25;    // of the intercepts
    std::vector<std::size_t> steps;  // that were seen, ascending
    Matrix z;                        // [n_steps, n_features]; weights are ChoicePrior::weights(z)
    std::vector<double> places;      // intercepts
    double evidence = 0;  // ln of the picks' probability under the prior less that at no weights
};

/// The most probable z and intercepts under the prior of `fit.strengths`, from those in `fit` on.
///
/// Newton's method with its steps solved by conjugate gradients, in turns with Newton steps of the
/// intercepts; halved where the posterior would fall, which is concave. `curvature` need only be
/// near: it conditions.
void climb(const ChoiceLikelihood& likelihood, const ChoicePrior& prior,
           const ChoiceCurvature& curvature, ChoiceFit& fit);

/// Strengths by evidence, and weights under them. Requires a valid history with an offer that shows
/// two different settings.
///
/// Source: MacKay, "Bayesian Interpolation", Neural Computation 4, 1992: the picks' probability
/// with the weights integrated out, by Laplace's approximation, under weak priors of the strengths.
/// Ours takes the picks as a quadratic about the weights of the strengths before, searches the
/// strengths there one by one, fits again, and does so twice, the second time with the cosines that
/// matter under the lengths found; the determinant in it takes what was shown as much alike at all
/// steps (`DecoupledInverse`).
ChoiceFit fit_choices(const History& history, const SettingsBox& box);

}  // namespace fabula::preference
