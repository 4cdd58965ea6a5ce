// SPDX-License-Identifier: 0BSD
// The average policy: settings about the means of what was picked at the step.
#pragma once

#include "preference/averages.h"
#include "preference/proposer.h"

#include <functional>
#include <memory>

namespace fabula::preference {

/// Draws as a `Cloud` about `Averages::used` of the step, as wide as its `spread`, but never
/// narrower than a twentieth of a range, so that what it learns from its own draws cannot close in
/// on itself. `best`: the `used` means. Without picks it draws as the random policy does.
///
/// Expects picks by a conditional logit of  -beta/2 d^2 + b_place,  d^2 the squared distance to the
/// means in units of the spread; beta >= 0 and the intercepts are the most probable ones under
/// normal priors.
///
/// max_new_tokens is not drawn: it is as in `base`. Requires a valid history and valid ranges.
std::shared_ptr<const Proposer> learn_average(const History& history, const RandomRanges& ranges);

/// The same about means that somebody else worked out; what it expects of picks is nothing. `means`
/// is asked for each step, and must give the same for one step each time. Where step 1 has no means
/// it draws as the random policy does.
std::shared_ptr<const Proposer> propose_about(std::function<StepAverages(std::size_t step)> means,
                                              const RandomRanges& ranges);

}  // namespace fabula::preference
