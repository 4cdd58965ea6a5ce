// SPDX-License-Identifier: 0BSD
#include "preference/average_proposer.h"

#include "preference/averages.h"
#include "preference/choice_likelihood.h"
#include "preference/settings_box.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <utility>

namespace fabula::preference {
namespace {

constexpr double narrowest = 0.05;   // of a range
constexpr double widest = 10;        // of a range: as good as even
constexpr double beta_variance = 1;  // prior; 1 is that of normal picks among even offers

class AverageProposer final : public Proposer {
public:
    AverageProposer(const History& history, const RandomRanges& ranges) : box_(ranges) {
        const auto averages = std::make_shared<const Averages>(history);
        means_ = [averages](std::size_t step) { return averages->at(step); };
        n_picks_ = averages->n_picks();
        fit(history);
    }
    AverageProposer(std::function<StepAverages(std::size_t step)> means, const RandomRanges& ranges)
        : box_(ranges), means_(std::move(means)) {
        n_picks_ = means_(1).temperature.used ? 1 : 0;
    }

    Policy policy() const override { return Policy::average; }

    Proposal propose(const Place& place, const sample::Settings& base,
                     const Rng& rng) const override {
        if (n_picks_ == 0) return preference::propose(Policy::random, base, box_.ranges(), rng);
        Proposal proposal{drawn(cloud_at(place.step), box_, base, rng), std::nullopt};
        proposal.propensity = density(place, seen(proposal.settings, std::nullopt));
        return proposal;
    }

    std::optional<double> density(const Place& place,
                                  const SeenCandidate& settings) const override {
        if (n_picks_ == 0) return random_density(box_.ranges(), settings);
        return preference::density(cloud_at(place.step), box_, settings);
    }

    sample::Settings best(std::size_t step, const sample::Settings& base) const override {
        if (n_picks_ == 0) return base;
        return box_.settings(cloud_at(step).centre, base);
    }

    std::vector<double> log_probabilities(const SeenOffer& offer) const override {
        std::vector<double> logs;
        logs.reserve(offer.shown.size());
        for (std::size_t i = 0; i < offer.shown.size(); ++i) {
            const std::size_t p = place_of(i);
            logs.push_back(beta_ * closeness(offer, i) + (p < places_.size() ? places_[p] : 0));
        }
        to_log_probabilities(logs);
        return logs;
    }

    std::string in_words(std::size_t step) const override {
        if (n_picks_ == 0) return "no picks yet: settings drawn within the ranges";
        const auto best_settings = best(step, {});
        char line[160];
        std::snprintf(line, sizeof line,
                      "means of %zu picks at step %zu, of %zu in all: temperature %.2f, top_k %d, "
                      "typical_p %.2f",
                      means_(step).n, step, n_picks_, best_settings.temperature,
                      best_settings.top_k, best_settings.typical_p);
        return line;
    }

private:
    // Where nothing is known of a setting (every pick had top_k 0): the middle, and wide.
    Cloud cloud_at(std::size_t step) const {
        const auto averages = means_(step);
        SeenCandidate means;
        means.temperature = averages.temperature.used.value_or(0);
        means.typical_p = averages.typical_p.used.value_or(1);
        Cloud cloud{};
        cloud.centre = box_.at(means);
        const auto& width = box_.width();
        Point spreads{averages.temperature.spread, 0, averages.typical_p.spread};
        // 0, all tokens, is no place on the scale of ln top_k.
        if (const auto top_k = averages.top_k.used; top_k && *top_k >= 1) {
            cloud.centre[1] = place_of_top_k(*top_k);
            // d ln k = dk / k: the spread of top_k on the scale on which it is drawn.
            spreads[1] = averages.top_k.spread / *top_k;
        } else {
            cloud.centre[1] = box_.is_open(1) ? 1 : 0;
        }
        for (std::size_t d = 0; d < 3; ++d)
            cloud.widths[d] =
                box_.is_open(d) ? std::clamp(spreads[d] / width[d], narrowest, widest) : 1;
        cloud.centre = box_.within_ceiling(cloud.centre);
        return cloud;
    }

    double place_of_top_k(double top_k) const {
        if (!box_.is_open(1)) return 0;
        return std::clamp(std::log(top_k / box_.ranges().top_k_low) / box_.width()[1], 0.0, 1.0);
    }

    // -d^2 / 2.
    double closeness(const SeenOffer& offer, std::size_t i) const {
        const Cloud cloud = cloud_at(offer.step);
        const Point point = box_.at(offer.shown[i]);
        double sum = 0;
        for (std::size_t d = 0; d < 3; ++d) {
            const double z = (point[d] - cloud.centre[d]) / cloud.widths[d];
            sum += z * z;
        }
        return -0.5 * sum;
    }

    void fit(const History& history) {
        if (n_picks_ == 0) return;
        const ChoiceLikelihood likelihood(
            history, 1,
            [&](const SeenOffer& offer, std::size_t i, std::span<double> features) {
                features[0] = closeness(offer, i);
            },
            [](const SeenOffer&) { return std::size_t{0}; });
        if (likelihood.n_offers() == 0) return;
        ChoiceWeights weights = likelihood.nothing();
        double place_variance = 0.25;
        for (int i = 0; i < 100; ++i) {
            const double moved = improve_places(likelihood, weights, &place_variance);
            ChoiceWeights gradient;
            std::vector<double> probabilities;
            likelihood.value(weights, &gradient, &probabilities);
            double& beta = weights.weights(0, 0);
            const double curvature = likelihood.curvature(probabilities)[0](0, 0);
            const double step =
                (gradient.weights(0, 0) - beta / beta_variance) / (curvature + 1 / beta_variance);
            const double before = beta;
            // Means that repel would be no proposal: 0 says that they explain nothing.
            beta = std::clamp(beta + std::clamp(step, -0.5, 0.5), 0.0, 100.0);
            if (moved < 1e-6 && std::abs(beta - before) < 1e-6) break;
        }
        beta_ = weights.weights(0, 0);
        places_ = weights.places;
    }

    SettingsBox box_;
    std::function<StepAverages(std::size_t step)> means_;
    std::size_t n_picks_ = 0;
    double beta_ = 0;
    std::vector<double> places_;
};

}  // namespace

std::shared_ptr<const Proposer> propose_about(std::function<StepAverages(std::size_t step)> means,
                                              const RandomRanges& ranges) {
    return std::make_shared<AverageProposer>(std::move(means), ranges);
}

std::shared_ptr<const Proposer> learn_average(const History& history, const RandomRanges& ranges) {
    return std::make_shared<AverageProposer>(history, ranges);
}

}  // namespace fabula::preference
