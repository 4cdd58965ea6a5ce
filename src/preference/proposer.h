// SPDX-License-Identifier: 0BSD
// A policy that has learned from a history: it proposes the settings of each candidate of an offer
// and says what it expects people to pick. Immutable, and a pure function of (step, index, base,
// rng); several threads may use one.
#pragma once

#include "preference/history.h"
#include "preference/policy.h"

#include <memory>
#include <string>
#include <vector>

namespace fabula::preference {

/// For which candidate settings are proposed.
struct Place {
    std::size_t step = 1;     // counted from 1 at the story's opening
    std::size_t index = 0;    // of the candidate in its offer
    std::size_t n_shown = 3;  // candidates of the offer
};

class Proposer {
public:
    Proposer(const Proposer&) = delete;
    Proposer& operator=(const Proposer&) = delete;
    virtual ~Proposer() = default;

    virtual Policy policy() const = 0;

    /// The settings of one candidate; what the policy does not draw is as in `base`. `rng` is the
    /// candidate's stream for settings.
    virtual Proposal propose(const Place& place, const sample::Settings& base,
                             const Rng& rng) const = 0;

    /// The density, in the measure of `Proposal::propensity`, with which `propose` draws
    /// `settings` at `place`; 0 where it never does, empty for a policy that draws nothing.
    virtual std::optional<double> density(const Place& place,
                                          const SeenCandidate& settings) const = 0;

    /// The settings that the policy holds to be best at `step`: exploration off.
    virtual sample::Settings best(std::size_t step, const sample::Settings& base) const = 0;

    /// How likely each of `offer.shown` is to be the pick, as natural logarithms, [n_shown]; what
    /// was picked is not looked at.
    virtual std::vector<double> log_probabilities(const SeenOffer& offer) const = 0;

    /// What was learned for `step`, in a line for people.
    virtual std::string in_words(std::size_t step) const = 0;

protected:
    Proposer() = default;
};

/// Learns from `history` (a policy that needs none ignores it). Requires valid ranges.
/// Errors: invalid_input for settings in the history that are no numbers.
Result<std::shared_ptr<const Proposer>> learn(Policy policy, const History& history,
                                              const RandomRanges& ranges);

}  // namespace fabula::preference
