// SPDX-License-Identifier: 0BSD
#include "preference/off_policy.h"

#include "preference/pick_regression.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>
#include <numbers>
#include <vector>

namespace fabula::preference {
namespace {

// Which stream below the caller's draws what.
enum Stream : std::uint64_t { for_draws = 0, for_resamples = 1, for_expectation = 2 };

// The candidates that have a logged density, by the place of their story.
struct Logged {
    std::vector<SeenCandidate> candidates;
    std::vector<double> weights;
    std::vector<double> picks;  // 0 or 1
    std::vector<std::size_t> story_of;
    std::size_t n_stories = 0;
    std::size_t left_out = 0;
};

Error fault(const SeenOffer& offer, const std::string& what) {
    return {ErrorCode::invalid_input, "story " + std::to_string(offer.story) + ", step " +
                                          std::to_string(offer.step) + ": " + what};
}

Result<double> weight_of(const SeenOffer& offer, const SeenCandidate& candidate,
                         const TargetPolicy& target) {
    if (!std::isfinite(candidate.temperature) || !std::isfinite(candidate.typical_p) ||
        candidate.top_k < 0)
        return fault(offer, "the settings of a candidate are no numbers");
    const double logged = *candidate.propensity;
    if (!(logged > 0) || !std::isfinite(logged))
        return fault(offer, "the logged density of a candidate is not above 0");
    const double density = target.density(offer.step, offer.shown.size(), candidate);
    if (!(density >= 0) || !std::isfinite(density / logged))
        return fault(offer, "the target's density of a candidate is no number from 0");
    return density / logged;
}

Result<Logged> logged_of(const History& history, const TargetPolicy& target) {
    Logged logged;
    std::map<std::int64_t, std::size_t> stories;
    for (const auto& offer : history) {
        for (std::size_t i = 0; i < offer.shown.size(); ++i) {
            const auto& candidate = offer.shown[i];
            if (!candidate.propensity) {
                ++logged.left_out;
                continue;
            }
            const auto weight = weight_of(offer, candidate, target);
            if (!weight) return weight.error();
            logged.candidates.push_back(candidate);
            logged.weights.push_back(*weight);
            logged.picks.push_back(offer.picked == i ? 1 : 0);
            logged.story_of.push_back(
                stories.try_emplace(offer.story, stories.size()).first->second);
        }
    }
    logged.n_stories = stories.size();
    return logged;
}

double effective_size(std::span<const double> weights) {
    double sum = 0;
    double squares = 0;
    for (const double weight : weights) {
        sum += weight;
        squares += weight * weight;
    }
    return squares > 0 ? sum * sum / squares : 0;
}

// What a story adds to the sums that an estimate is made of.
struct StorySums {
    double weight = 0;    // sum w
    double picked = 0;    // sum w y
    double residual = 0;  // sum w (y - q)
    double expected = 0;  // candidates * E_target[q]
    double candidates = 0;

    void add(const StorySums& other) {
        weight += other.weight;
        picked += other.picked;
        residual += other.residual;
        expected += other.expected;
        candidates += other.candidates;
    }
    double self_normalised() const { return picked / weight; }
    double doubly_robust() const { return expected / candidates + residual / weight; }
};

// Features of `draws` candidates of the target, spread evenly over the logged offers.
std::vector<PickRegression::Features> drawn_features(const History& history,
                                                     const TargetPolicy& target,
                                                     const PickRegression::Scaling& scaling,
                                                     std::size_t draws, const Rng& rng) {
    std::vector<const SeenOffer*> offers;
    for (const auto& offer : history) {
        const auto has_density = [](const auto& each) { return each.propensity.has_value(); };
        if (std::ranges::any_of(offer.shown, has_density)) offers.push_back(&offer);
    }
    std::vector<PickRegression::Features> features;
    features.reserve(draws);
    for (std::size_t i = 0; i < draws; ++i) {
        const auto& offer = *offers[i * offers.size() / draws];
        features.push_back(
            scaling.features(target.draw(offer.step, offer.shown.size(), rng.child(i))));
    }
    return features;
}

// The model of the stories that are not in `fold`.
PickRegression fitted_without(const Logged& logged, const PickRegression::Scaling& scaling,
                              std::size_t fold, std::size_t folds) {
    std::size_t n = 0;
    for (const auto story : logged.story_of)
        n += story % folds != fold;
    Matrix rows(n, PickRegression::n_features);
    std::vector<double> picks;
    picks.reserve(n);
    for (std::size_t i = 0; i < logged.candidates.size(); ++i) {
        if (logged.story_of[i] % folds == fold) continue;
        std::ranges::copy(scaling.features(logged.candidates[i]), rows.row(picks.size()).begin());
        picks.push_back(logged.picks[i]);
    }
    return {rows, picks};
}

struct Sums {
    std::vector<StorySums> of_story;
    double noise = 0;  // standard error of E_target[q], of which StorySums::expected is made
};

Sums sums_of(const Logged& logged, const PickRegression::Scaling& scaling,
             const std::vector<PickRegression::Features>& drawn, std::size_t folds) {
    Sums sums{std::vector<StorySums>(logged.n_stories), 0};
    const auto n = static_cast<double>(drawn.size());
    for (std::size_t fold = 0; fold < folds; ++fold) {
        const auto model = fitted_without(logged, scaling, fold, folds);
        double expected = 0;
        double squares = 0;
        for (const auto& features : drawn) {
            const double q = model.probability(features);
            expected += q / n;
            squares += q * q / n;
        }
        // The folds share their draws, so that their noise is one noise.
        const double variance = std::max(0.0, squares - expected * expected);
        sums.noise += std::sqrt(variance / n) / static_cast<double>(folds);
        for (std::size_t i = 0; i < logged.candidates.size(); ++i) {
            const auto story = logged.story_of[i];
            if (story % folds != fold) continue;
            const double weight = logged.weights[i];
            const double q = model.probability(scaling.features(logged.candidates[i]));
            sums.of_story[story].add(
                {weight, weight * logged.picks[i], weight * (logged.picks[i] - q), expected, 1});
        }
    }
    return sums;
}

// A standard normal number from two uniform ones (Box and Muller, 1958).
double normal(const Rng& rng) {
    return std::sqrt(-2 * std::log(1 - rng.uniform(0))) *
           std::cos(2 * std::numbers::pi * rng.uniform(1));
}

// At a share of the sorted values, between two of them in proportion.
double percentile(const std::vector<double>& sorted, double share) {
    const double place = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const auto above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

PickEstimate with_interval(double value, std::vector<double>& resampled) {
    std::ranges::sort(resampled);
    return {value, percentile(resampled, 0.05), percentile(resampled, 0.95)};
}

void estimate(const Sums& sums, std::size_t resamples, const Rng& rng, OffPolicyValue& result) {
    const auto& stories = sums.of_story;
    StorySums all;
    for (const auto& each : stories)
        all.add(each);
    std::vector<double> self_normalised;
    std::vector<double> doubly_robust;
    for (std::size_t i = 0; i < resamples; ++i) {
        const auto stream = rng.child(for_resamples).child(i);
        StorySums resampled;
        for (std::size_t j = 0; j < stories.size(); ++j) {
            const double number = stream.uniform(j) * static_cast<double>(stories.size());
            resampled.add(stories[static_cast<std::size_t>(number)]);
        }
        if (!(resampled.weight > 0)) continue;
        self_normalised.push_back(resampled.self_normalised());
        doubly_robust.push_back(resampled.doubly_robust() +
                                sums.noise * normal(rng.child(for_expectation).child(i)));
    }
    if (self_normalised.empty()) return;
    result.self_normalised = with_interval(all.self_normalised(), self_normalised);
    result.doubly_robust = with_interval(all.doubly_robust(), doubly_robust);
}

std::string whole(double number) {
    return std::to_string(static_cast<long long>(number));
}

// Why nothing can be said, or "".
std::string objection(const OffPolicyValue& value, const OffPolicyOptions& options) {
    if (value.candidates == 0) return "no candidate has a logged density";
    if (value.effective < options.least_effective)
        return "the log is worth " + whole(value.effective) +
               " candidates of this policy, fewer than " + whole(options.least_effective);
    if (value.effective_stories < options.least_effective_stories)
        return "the log is worth " + whole(value.effective_stories) +
               " stories of this policy, fewer than " + whole(options.least_effective_stories);
    return "";
}

}  // namespace

Result<TargetPolicy> target_of(std::shared_ptr<const Proposer> proposer,
                               const sample::Settings& base) {
    if (!proposer->density({}, seen(base, {})))
        return Error{ErrorCode::invalid_input, std::string("policy '") +
                                                   name_of(proposer->policy()) +
                                                   "' draws nothing, so that it has no density"};
    TargetPolicy target;
    target.density = [proposer](std::size_t step, std::size_t n_shown,
                                const SeenCandidate& candidate) {
        double sum = 0;
        for (std::size_t i = 0; i < n_shown; ++i)
            sum += proposer->density({step, i, n_shown}, candidate).value_or(0);
        return sum / static_cast<double>(n_shown);
    };
    target.draw = [proposer, base](std::size_t step, std::size_t n_shown, const Rng& rng) {
        const auto n = static_cast<double>(n_shown);
        const auto index = static_cast<std::size_t>(rng.child(1).uniform(0) * n);
        const auto proposal = proposer->propose({step, index, n_shown}, base, rng.child(0));
        return seen(proposal.settings, proposal.propensity);
    };
    return target;
}

Result<OffPolicyValue> off_policy_value(const History& history, const TargetPolicy& target,
                                        const Rng& rng, const OffPolicyOptions& options) {
    assert(options.folds >= 2 && options.draws >= 1 && options.resamples >= 1);
    const auto logged = logged_of(history, target);
    if (!logged) return logged.error();
    OffPolicyValue value;
    value.candidates = logged->candidates.size();
    value.left_out = logged->left_out;
    value.stories = logged->n_stories;
    value.effective = effective_size(logged->weights);
    std::vector<double> by_story(logged->n_stories);
    for (std::size_t i = 0; i < logged->weights.size(); ++i) {
        by_story[logged->story_of[i]] += logged->weights[i];
        value.mean_weight += logged->weights[i] / static_cast<double>(value.candidates);
    }
    value.effective_stories = effective_size(by_story);
    value.why_none = objection(value, options);
    if (!value.why_none.empty()) return value;
    const auto scaling = PickRegression::scaling_of(logged->candidates);
    const auto drawn =
        drawn_features(history, target, scaling, options.draws, rng.child(for_draws));
    estimate(sums_of(*logged, scaling, drawn, options.folds), options.resamples, rng, value);
    return value;
}

}  // namespace fabula::preference
