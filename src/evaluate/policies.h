// SPDX-License-Identifier: 0BSD
// How much of what could be gained a policy gains, by the number of stories that it learned from.
// One call is one reader, one policy, one seed; calls share nothing, so that each may run on a
// thread of its own.
#pragma once

#include "evaluate/scale.h"
#include "evaluate/simulate.h"
#include "preference/automatic_proposer.h"

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace fabula::evaluate {

/// Whose offers a policy learns from: its own, drawn with what it had learned until then, or those
/// of the random policy.
enum class Collecting { own, random };

struct TrialOptions {
    StoryShape shape;
    preference::RandomRanges ranges;
    Collecting collecting = Collecting::own;
    /// After how many stories the policy learns anew and is measured, ascending.
    std::vector<std::size_t> refits{0, 10, 30, 100, 300, 1000};
};

/// A reader, and the ends of the scale on which policies are measured with it.
struct ScaledReader {
    Reader reader;
    Scale scale;
};

/// What one policy came to with one reader and one seed.
struct Trial {
    /// At each of `refits`: Scale::share_of the mean utility, over the steps of a story, of
    /// Proposer::best(); for random, which has no best settings, of what it draws.
    std::vector<double> shares;
    /// What it learned at the last refit, a line a step.
    std::vector<std::string> learned;
    /// For auto: how it chose at the last refit; no table for other policies.
    preference::Selection selection;
};

/// Simulates stories, learns and measures, in turn; the stories before the first refit above 0 are
/// shown by the random policy. `rng` names the seed: two policies that collect alike see the same
/// stories. Empty when stopped. Errors: those of preference::learn.
Result<std::optional<Trial>> try_policy(const ScaledReader& reader, preference::Policy policy,
                                        const TrialOptions& options, const Rng& rng,
                                        const std::stop_token& stop);

}  // namespace fabula::evaluate
