// SPDX-License-Identifier: 0BSD
// The portfolio policy: one candidate from each of the best distinct regions of settings.
#pragma once

#include "preference/choice_model.h"
#include "preference/proposer.h"

namespace fabula::preference {

/// Candidate i of an offer is drawn as a `Cloud` about mode i of the utility that was learned for
/// the step (modes.h); where there are fewer modes, about the best again. A quarter of the draws,
/// and more while there are few picks, are those of the random policy, whose numbers 0 to 2 of the
/// stream it uses; number 3 decides which. The density is that of the whole mixture. `best`: the
/// best mode. Without picks it is the random policy.
///
/// Source: the idea of answers that are good in different ways is that of quality diversity
/// (Mouret, Clune, "Illuminating search spaces by mapping elites", 2015, arXiv:1504.04909); ours
/// are the modes of one utility, in no given niches.
std::shared_ptr<const Proposer> learn_portfolio(ChoiceModel model);

}  // namespace fabula::preference
