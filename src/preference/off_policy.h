// SPDX-License-Identifier: 0BSD
// What another way of drawing settings would be worth, from offers that were drawn in the way they
// were: how likely people are to pick a candidate of it. Nobody has to be shown anything for that,
// but it needs the densities that were logged, and says when they do not tell enough. Pure
// functions.
#pragma once

#include "base/result.h"
#include "base/rng.h"
#include "preference/history.h"
#include "preference/proposer.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace fabula::preference {

/// A policy that draws, as a pair that must agree: what it draws, and with which density.
struct TargetPolicy {
    /// In the measure of `Proposal::propensity`, at that step of a story, in an offer of so many.
    std::function<double(std::size_t step, std::size_t n_shown, const SeenCandidate&)> density;
    std::function<SeenCandidate(std::size_t step, std::size_t n_shown, const Rng&)> draw;
};

/// `proposer` as a target: of the candidates of its offer, each as likely. Errors: invalid_input
/// where it does not draw (fixed).
Result<TargetPolicy> target_of(std::shared_ptr<const Proposer> proposer,
                               const sample::Settings& base);

struct OffPolicyOptions {
    double least_effective = 100;         // candidates; below it there is no figure
    double least_effective_stories = 20;  // as many are needed to tell how sure a figure is
    std::size_t resamples = 1000;         // of the bootstrap
    std::size_t draws = 40000;            // from the target, for what the model expects of it
    std::size_t folds = 5;                // of the model, by story
};

/// A probability to be picked.
struct PickEstimate {
    double value = 0;
    double low = 0;  // of the 90 % interval
    double high = 0;
};

struct OffPolicyValue {
    std::size_t candidates = 0;  // that were looked at
    std::size_t left_out = 0;    // candidates without a logged density
    std::size_t stories = 0;
    /// Of target density / logged density; far from 1 where the target draws what was never shown.
    double mean_weight = 0;
    double effective = 0;          // candidates: (sum w)^2 / sum w^2
    double effective_stories = 0;  // the same with the sums of whole stories
    std::optional<PickEstimate> self_normalised;
    std::optional<PickEstimate> doubly_robust;
    std::string why_none;  // where there is no figure, in a line
};

/// The expected probability that a candidate drawn from `target`, shown among companions as they
/// were logged, is picked; an average over the logged offers. 1 / n_shown is what a candidate like
/// its companions has.
///
/// Self-normalised: sum w y / sum w, y = 1 for a pick. Source: Swaminathan, Joachims, "The
/// Self-Normalized Estimator for Counterfactual Learning", 2015, NIPS 28.
/// Doubly robust: E_target[q] + sum w (y - q) / sum w with a model q of picks. Source: Dudik,
/// Langford, Li, "Doubly Robust Policy Evaluation and Learning", 2011, arXiv:1103.4601. Ours
/// normalises the weights here, too; q is `PickRegression`, fitted on the stories of other folds.
/// Intervals: percentiles of a bootstrap of whole stories (Efron, "Bootstrap methods: another look
/// at the jackknife", 1979), since picks of one story belong together; q is not fitted again, and
/// E_target[q], a mean over draws, varies by its standard error. Both see companions as part of
/// what happened to a candidate, and weigh the candidate alone.
///
/// `rng` draws from the target and resamples; equal streams give equal results. O(candidates *
/// folds + resamples * stories).
/// Errors: invalid_input for a logged density that is not above 0, a density of the target that is
/// no number from 0, or settings that are no numbers, naming story and step.
Result<OffPolicyValue> off_policy_value(const History& history, const TargetPolicy& target,
                                        const Rng& rng, const OffPolicyOptions& options = {});

}  // namespace fabula::preference
