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

// The stories that a policy learns from, as they become more.
class Collection {
public:
    Collection(const Reader& reader, const StoryShape& shape, const Rng& rng)
        : reader_(reader), shape_(shape), rng_(rng) {}

    const preference::History& history() const { return history_; }

    /// Adds those up to number `until`, shown by `proposer`; false when stopped.
    bool grow(const Proposer& proposer, std::size_t until, const std::stop_token& stop) {
        std::size_t at = history_.size() / shape_.steps;
        while (at < until) {
            if (stop.stop_requested()) return false;
            const std::size_t count = std::min(stories_at_once, until - at);
            auto more = simulate(reader_, proposer, shape_, {at, count}, rng_);
            std::ranges::move(more, std::back_inserter(history_));
            at += count;
        }
        return !stop.stop_requested();
    }

private:
    Reader reader_;
    StoryShape shape_;
    Rng rng_;
    preference::History history_;
};

void keep_what_was_learned(const Proposer& learned, std::size_t steps, Trial& trial) {
    for (std::size_t step = 1; step <= steps; ++step)
        trial.learned.push_back(learned.in_words(step));
    if (const auto* selection = preference::selection_of(learned)) trial.selection = *selection;
}

}  // namespace

Result<std::optional<Trial>> try_policy(const ScaledReader& reader, Policy policy,
                                        const TrialOptions& options, const Rng& rng,
                                        const std::stop_token& stop) {
    assert(std::ranges::is_sorted(options.refits) && !options.refits.empty());
    const auto random = preference::learn(Policy::random, {}, options.ranges);
    if (!random) return random.error();
    // What learns nothing needs no stories.
    const bool learns = policy != Policy::fixed && policy != Policy::random;
    Collection collection(reader.reader, options.shape, rng.child(for_stories));
    auto shown = *random;
    Trial trial;
    for (const auto refit : options.refits) {
        if (!collection.grow(*shown, learns ? refit : 0, stop)) return std::optional<Trial>{};
        const auto learned = preference::learn(policy, collection.history(), options.ranges);
        if (!learned) return learned.error();
        const auto measured =
            mean_utility(reader.reader, **learned, options.shape, rng.child(for_measure));
        trial.shares.push_back(reader.scale.share_of(measured));
        if (options.collecting == Collecting::own && refit > 0) shown = *learned;
        if (refit == options.refits.back())
            keep_what_was_learned(**learned, options.shape.steps, trial);
    }
    return std::optional<Trial>(std::move(trial));
}

}  // namespace fabula::evaluate
