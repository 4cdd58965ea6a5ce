// SPDX-License-Identifier: 0BSD
// The automatic policy: whichever of random, average and portfolio explains held-out picks best.
#pragma once

#include "preference/proposer.h"

#include <vector>

namespace fabula::preference {

/// How well a policy that learned from four fifths of the stories expects the picks of the others.
struct Explained {
    Policy policy = Policy::random;
    double log_likelihood = 0;  // mean ln P(pick) a held-out offer
    double behind = 0;          // mean by which the best of the table is ahead of it
    double noise = 0;           // standard error of `behind`, over stories
    std::size_t n_offers = 0;   // held out: those with a pick and at least two candidates
};

struct Selection {
    Policy policy = Policy::random;
    std::vector<Explained> table;  // random, average, portfolio; empty with too few stories
};

/// Compares the policies by five folds of stories; which fold a story is in depends on its number
/// alone. `random` stands for: settings make no difference, the place shown may, so that a policy
/// is not preferred for knowing that the first is picked more often. Of two policies the simpler
/// is taken unless the other is ahead by more than one standard error, over stories. With stories
/// in fewer than two folds: random, and no table.
///
/// Source: Breiman, Friedman, Olshen, Stone, "Classification and Regression Trees", 1984, 3.4.3:
/// the rule of one standard error. Theirs is that of an error rate; ours of the difference of two
/// policies on the same stories, since their sums go up and down together.
///
/// Requires valid ranges. Errors: those of `validate(history)`.
Result<Selection> select_policy(const History& history, const RandomRanges& ranges);

/// The selection that `proposer` acts on; nullptr for any policy but automatic.
const Selection* selection_of(const Proposer& proposer);

/// Errors: those of `select_policy`.
Result<std::shared_ptr<const Proposer>> learn_automatic(const History& history,
                                                        const RandomRanges& ranges);

}  // namespace fabula::preference
