// SPDX-License-Identifier: 0BSD
#include "preference/portfolio_proposer.h"

#include "preference/modes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace fabula::preference {
namespace {

// Which number of the stream decides; 0 to 2 draw the settings. Part of the record: never
// renumbered.
enum Position : std::uint64_t { for_exploration = 3 };

constexpr double lasting_exploration = 0.25;  // share of the draws
constexpr double few_offers = 50;             // with which half of the rest explores, too
constexpr double share_of_length = 0.25;      // deviation of a cloud, of the utility's length
constexpr double narrowest = 0.02;            // of a range
constexpr double widest = 0.1;                // of a range

double exploration(std::size_t n_offers) {
    const double thin = few_offers / (few_offers + static_cast<double>(n_offers));
    return lasting_exploration + (1 - lasting_exploration) * thin;
}

class PortfolioProposer final : public Proposer {
public:
    explicit PortfolioProposer(ChoiceModel model)
        : model_(std::move(model)),
          exploration_(exploration(model_.n_offers())),
          modes_(modes_of(model_)) {
        for (std::size_t d = 0; d < 3; ++d)
            widths_[d] =
                std::clamp(share_of_length * model_.strengths().lengths[d], narrowest, widest);
    }

    Policy policy() const override { return Policy::portfolio; }

    Proposal propose(const Place& place, const sample::Settings& base,
                     const Rng& rng) const override {
        Proposal proposal{base, std::nullopt};
        if (rng.uniform(for_exploration) < exploration_)
            proposal = preference::propose(Policy::random, base, box().ranges(), rng);
        else
            proposal.settings = drawn(cloud_at(place), box(), base, rng);
        proposal.propensity = density(place, seen(proposal.settings, std::nullopt));
        return proposal;
    }

    std::optional<double> density(const Place& place,
                                  const SeenCandidate& settings) const override {
        return exploration_ * random_density(box().ranges(), settings) +
               (1 - exploration_) * preference::density(cloud_at(place), box(), settings);
    }

    sample::Settings best(std::size_t step, const sample::Settings& base) const override {
        if (model_.n_offers() == 0) return base;
        return box().settings(modes_at(step).front().point, base);
    }

    std::vector<double> log_probabilities(const SeenOffer& offer) const override {
        return model_.log_probabilities(offer);
    }

    std::string in_words(std::size_t step) const override {
        if (model_.n_offers() == 0) return "no picks yet: settings drawn within the ranges";
        const auto& modes = modes_at(step);
        char line[160];
        std::snprintf(line, sizeof line, "%zu offers; at step %zu best:", model_.n_offers(), step);
        std::string words = line;
        for (std::size_t i = 0; i < modes.size(); ++i) {
            const auto settings = box().settings(modes[i].point, {});
            std::snprintf(line, sizeof line, "%s temperature %.2f, top_k %d, typical_p %.2f",
                          i > 0 ? ";" : "", settings.temperature, settings.top_k,
                          settings.typical_p);
            words += line;
        }
        return words;
    }

private:
    const SettingsBox& box() const { return model_.box(); }
    const std::vector<Mode>& modes_at(std::size_t step) const { return modes_[apart(step) - 1]; }

    Cloud cloud_at(const Place& place) const {
        const auto& modes = modes_at(place.step);
        return {modes[place.index < modes.size() ? place.index : 0].point, widths_};
    }

    ChoiceModel model_;
    double exploration_;
    std::vector<std::vector<Mode>> modes_;  // by step, n_steps_apart of them
    Point widths_{};
};

}  // namespace

std::shared_ptr<const Proposer> learn_portfolio(ChoiceModel model) {
    return std::make_shared<PortfolioProposer>(std::move(model));
}

}  // namespace fabula::preference
