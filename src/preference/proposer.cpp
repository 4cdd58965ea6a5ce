// SPDX-License-Identifier: 0BSD
#include "preference/proposer.h"

#include "preference/automatic_proposer.h"
#include "preference/average_proposer.h"
#include "preference/choice_model.h"
#include "preference/portfolio_proposer.h"
#include "preference/settings_box.h"

#include <cmath>

namespace fabula::preference {
namespace {

// Fixed and random: they learn nothing and expect nothing.
class Unlearned final : public Proposer {
public:
    Unlearned(Policy policy, const RandomRanges& ranges) : policy_(policy), ranges_(ranges) {}

    Policy policy() const override { return policy_; }

    Proposal propose(const Place&, const sample::Settings& base, const Rng& rng) const override {
        return preference::propose(policy_, base, ranges_, rng);
    }

    std::optional<double> density(const Place&, const SeenCandidate& settings) const override {
        if (policy_ == Policy::fixed) return std::nullopt;
        return random_density(ranges_, settings);
    }

    sample::Settings best(std::size_t, const sample::Settings& base) const override { return base; }

    std::vector<double> log_probabilities(const SeenOffer& offer) const override {
        const auto n = static_cast<double>(offer.shown.size());
        return std::vector<double>(offer.shown.size(), -std::log(n));
    }

    std::string in_words(std::size_t) const override {
        return policy_ == Policy::fixed ? "the settings as they are set"
                                        : "settings drawn within the ranges";
    }

private:
    Policy policy_;
    RandomRanges ranges_;
};

}  // namespace

Result<std::shared_ptr<const Proposer>> learn(Policy policy, const History& history,
                                              const RandomRanges& ranges) {
    if (policy == Policy::fixed || policy == Policy::random)
        return std::shared_ptr<const Proposer>(std::make_shared<Unlearned>(policy, ranges));
    if (policy == Policy::automatic) return learn_automatic(history, ranges);
    if (const auto valid = validate(history); !valid) return valid.error();
    if (policy == Policy::average) return learn_average(history, ranges);
    auto model = ChoiceModel::fit(history, ranges);
    if (!model) return model.error();
    return learn_portfolio(*std::move(model));
}

}  // namespace fabula::preference
