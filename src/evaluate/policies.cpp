// SPDX-License-Identifier: 0BSD
#include "evaluate/policies.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <memory>

namespace fabula::evaluate {
namespace {

using preference::Policy;
using preference::Proposer;

// Which stream of a seed draws what.
enum Stream : std::uint64_t { for_stories = 0, for_measure = 1 };

constexpr std::size_t n_draws = 4000;        // a step, where a policy is what it draws
constexpr std::size_t stories_at_once = 20;  // between two looks at whether to stop

double mean_utility(const Reader& reader, const Proposer& proposer, const StoryShape& shape,
                    const Rng& rng) {
    const bool draws_only = proposer.policy() == Policy::random;
    double sum = 0;
    for (std::size_t step = 1; step <= shape.steps; ++step) {
        if (!draws_only) {
            sum += utility(reader, step, preference::seen(proposer.best(step, shape.base), {}));
            continue;
        }
        for (std::size_t i = 0; i < n_draws; ++i) {
            const auto stream = rng.child(step).child(i);
            const auto drawn = shown_candidate(proposer, {step, 0, 1}, shape.base, stream);
            sum += utility(reader, step, drawn) / n_draws;
        }
    }
    return sum / static_cast<double>(shape.steps);
}

// Adds the stories up to number `until`; false when stopped.
bool collect(const Reader& reader, const Proposer& proposer, const TrialOptions& options,
             std::size_t until, const Rng& rng, const std::stop_token& stop,
             preference::History& history) {
    std::size_t at = history.size() / options.shape.steps;
    while (at < until) {
        if (stop.stop_requested()) return false;
        const std::size_t count = std::min(stories_at_once, until - at);
        auto more = simulate(reader, proposer, options.shape, {at, count}, rng);
        std::ranges::move(more, std::back_inserter(history));
        at += count;
    }
    return true;
}

}  // namespace

Result<std::optional<Trial>> try_policy(const Reader& reader, Policy policy, const Scale& scale,
                                        const TrialOptions& options, const Rng& rng,
                                        const std::stop_token& stop) {
    assert(std::ranges::is_sorted(options.refits) && !options.refits.empty());
    const auto random = preference::learn(Policy::random, {}, options.ranges);
    if (!random) return random.error();
    const bool learns = policy != Policy::fixed && policy != Policy::random;
    preference::History history;
    auto shown = *random;
    Trial trial;
    for (const auto refit : options.refits) {
        // What learns nothing needs no stories.
        if (learns &&
            !collect(reader, *shown, options, refit, rng.child(for_stories), stop, history))
            return std::optional<Trial>{};
        if (stop.stop_requested()) return std::optional<Trial>{};
        const auto learned = preference::learn(policy, history, options.ranges);
        if (!learned) return learned.error();
        const auto measured =
            mean_utility(reader, **learned, options.shape, rng.child(for_measure));
        trial.shares.push_back(scale.share_of(measured));
        if (options.collecting == Collecting::own && refit > 0) shown = *learned;
        if (refit != options.refits.back()) continue;
        for (std::size_t step = 1; step <= options.shape.steps; ++step)
            trial.learned.push_back((*learned)->in_words(step));
        if (const auto* selection = preference::selection_of(**learned))
            trial.selection = *selection;
    }
    return std::optional<Trial>(std::move(trial));
}

}  // namespace fabula::evaluate
