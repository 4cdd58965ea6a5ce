// SPDX-License-Identifier: 0BSD
#include "preference/proposer.h"

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
        sample::Settings drawn;
        drawn.temperature = settings.temperature;
        drawn.top_k = settings.top_k;
        drawn.typical_p = settings.typical_p;
        return random_density(ranges_, drawn);
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

Result<std::shared_ptr<const Proposer>> learn(Policy policy, const History&,
                                              const RandomRanges& ranges) {
    return std::shared_ptr<const Proposer>(std::make_shared<Unlearned>(policy, ranges));
}

}  // namespace fabula::preference
