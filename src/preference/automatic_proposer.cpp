// SPDX-License-Identifier: 0BSD
#include "preference/automatic_proposer.h"

#include "preference/average_proposer.h"
#include "preference/choice_likelihood.h"
#include "preference/choice_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

namespace fabula::preference {
namespace {

constexpr std::size_t n_folds = 5;
constexpr std::size_t n_policies = 3;  // simplest first
constexpr std::array<Policy, n_policies> policies{Policy::random, Policy::average,
                                                  Policy::portfolio};

std::size_t fold_of(std::int64_t story) {
    const double number = Rng(0x666F6C64).child(static_cast<std::uint64_t>(story)).uniform(0);
    return static_cast<std::size_t>(number * n_folds);
}

bool says_something(const SeenOffer& offer) {
    return offer.picked && offer.shown.size() > 1;
}

// What places alone explain.
class PlacesOnly {
public:
    explicit PlacesOnly(const History& history) : places_(fit_places(history)) {}

    double log_probability(const SeenOffer& offer) const {
        std::vector<double> logs;
        logs.reserve(offer.shown.size());
        for (std::size_t i = 0; i < offer.shown.size(); ++i)
            logs.push_back(place_of(i) < places_.size() ? places_[place_of(i)] : 0);
        to_log_probabilities(logs);
        return logs[*offer.picked];
    }

private:
    std::vector<double> places_;
};

struct StoryScores {
    std::array<double, n_policies> sums{};  // of ln P(pick)
    std::size_t n_offers = 0;
};
using Scores = std::map<std::int64_t, StoryScores>;

// Adds the held-out picks of one fold.
Result<Unit> score_fold(const History& history, const RandomRanges& ranges, std::size_t fold,
                        Scores& scores) {
    History learned;
    std::copy_if(history.begin(), history.end(), std::back_inserter(learned),
                 [&](const SeenOffer& offer) { return fold_of(offer.story) != fold; });
    const PlacesOnly places(learned);
    const auto average = learn_average(learned, ranges);
    const auto model = ChoiceModel::fit(learned, ranges);
    if (!model) return model.error();
    for (const auto& offer : history) {
        if (fold_of(offer.story) != fold || !says_something(offer)) continue;
        auto& of_story = scores[offer.story];
        ++of_story.n_offers;
        of_story.sums[0] += places.log_probability(offer);
        of_story.sums[1] += average->log_probabilities(offer)[*offer.picked];
        of_story.sums[2] += model->log_probabilities(offer)[*offer.picked];
    }
    return Unit{};
}

struct Difference {
    double sum = 0;
    double noise = 0;  // standard error of the sum, over stories
};

Difference difference(const Scores& scores, std::size_t ahead, std::size_t behind) {
    Difference difference;
    double squares = 0;
    for (const auto& [story, of_story] : scores) {
        const double of_one = of_story.sums[ahead] - of_story.sums[behind];
        difference.sum += of_one;
        squares += of_one * of_one;
    }
    const auto n = static_cast<double>(scores.size());
    const double variance = squares - difference.sum * difference.sum / n;
    difference.noise = n > 1 ? std::sqrt(std::max(0.0, variance) * n / (n - 1)) : 0;
    return difference;
}

Selection selected(const Scores& scores) {
    Selection selection;
    std::size_t taken = 0;
    for (std::size_t p = 1; p < n_policies; ++p) {
        const auto gain = difference(scores, p, taken);
        if (gain.sum > gain.noise) taken = p;
    }
    selection.policy = policies[taken];

    std::array<double, n_policies> totals{};
    std::size_t n_offers = 0;
    for (const auto& [story, of_story] : scores) {
        n_offers += of_story.n_offers;
        for (std::size_t p = 0; p < n_policies; ++p)
            totals[p] += of_story.sums[p];
    }
    const auto best =
        static_cast<std::size_t>(std::max_element(totals.begin(), totals.end()) - totals.begin());
    const auto n = static_cast<double>(n_offers);
    for (std::size_t p = 0; p < n_policies; ++p) {
        const auto lead = difference(scores, best, p);
        selection.table.push_back(
            {policies[p], totals[p] / n, lead.sum / n, lead.noise / n, n_offers});
    }
    return selection;
}

class AutomaticProposer final : public Proposer {
public:
    AutomaticProposer(Selection selection, std::shared_ptr<const Proposer> chosen)
        : selection_(std::move(selection)), chosen_(std::move(chosen)) {}

    const Selection& selection() const { return selection_; }

    Policy policy() const override { return Policy::automatic; }
    Proposal propose(const Place& place, const sample::Settings& base,
                     const Rng& rng) const override {
        return chosen_->propose(place, base, rng);
    }
    std::optional<double> density(const Place& place,
                                  const SeenCandidate& settings) const override {
        return chosen_->density(place, settings);
    }
    sample::Settings best(std::size_t step, const sample::Settings& base) const override {
        return chosen_->best(step, base);
    }
    std::vector<double> log_probabilities(const SeenOffer& offer) const override {
        return chosen_->log_probabilities(offer);
    }

    std::string in_words(std::size_t step) const override {
        std::string words = std::string("as ") + name_of(selection_.policy);
        char part[80];
        const char* before = ", mean log-likelihood of held-out picks: ";
        for (const auto& row : selection_.table) {
            std::snprintf(part, sizeof part, "%s%s %.3f", before, name_of(row.policy),
                          row.log_likelihood);
            words += part;
            before = ", ";
        }
        return words + "; " + chosen_->in_words(step);
    }

private:
    Selection selection_;
    std::shared_ptr<const Proposer> chosen_;
};

}  // namespace

Result<Selection> select_policy(const History& history, const RandomRanges& ranges) {
    if (const auto valid = validate(history); !valid) return valid.error();
    std::array<bool, n_folds> is_filled{};
    for (const auto& offer : history) {
        if (says_something(offer)) is_filled[fold_of(offer.story)] = true;
    }
    if (std::count(is_filled.begin(), is_filled.end(), true) < 2) return Selection{};
    Scores scores;
    for (std::size_t fold = 0; fold < n_folds; ++fold) {
        if (!is_filled[fold]) continue;
        if (const auto scored = score_fold(history, ranges, fold, scores); !scored)
            return scored.error();
    }
    return selected(scores);
}

const Selection* selection_of(const Proposer& proposer) {
    const auto* automatic = dynamic_cast<const AutomaticProposer*>(&proposer);
    return automatic ? &automatic->selection() : nullptr;
}

Result<std::shared_ptr<const Proposer>> learn_automatic(const History& history,
                                                        const RandomRanges& ranges) {
    auto selection = select_policy(history, ranges);
    if (!selection) return selection.error();
    auto chosen = learn(selection->policy, history, ranges);
    if (!chosen) return chosen.error();
    return std::shared_ptr<const Proposer>(
        std::make_shared<AutomaticProposer>(*std::move(selection), *std::move(chosen)));
}

}  // namespace fabula::preference
