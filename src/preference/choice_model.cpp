// SPDX-License-Identifier: 0BSD
#include "preference/choice_model.h"

#include "preference/choice_fit.h"

#include <algorithm>

namespace fabula::preference {
namespace {

std::size_t n_decided(const History& history) {
    return static_cast<std::size_t>(std::count_if(
        history.begin(), history.end(),
        [](const SeenOffer& offer) { return offer.picked && offer.shown.size() > 1; }));
}

// Whether any offer shows two different points: else no weight is better than 0.
bool has_contrast(const History& history, const SettingsBox& box) {
    return std::any_of(history.begin(), history.end(), [&](const SeenOffer& offer) {
        return offer.picked &&
               std::any_of(offer.shown.begin(), offer.shown.end(), [&](const auto& candidate) {
                   return box.at(candidate) != box.at(offer.shown.front());
               });
    });
}

}  // namespace

ChoiceModel::ChoiceModel(const RandomRanges& ranges)
    : box_(ranges), basis_(box_, strengths_.lengths, 0) {}

Result<ChoiceModel> ChoiceModel::fit(const History& history, const RandomRanges& ranges) {
    if (const auto valid = validate(history); !valid) return valid.error();
    ChoiceModel model(ranges);
    model.n_offers_ = n_decided(history);
    if (model.n_offers_ == 0) return model;
    if (!has_contrast(history, model.box_)) {
        model.places_ = fit_places(history);
        return model;
    }
    ChoiceFit fit = fit_choices(history, model.box_);
    const ChoicePrior prior(fit.strengths, fit.steps, fit.basis);
    model.weights_ = Matrix(n_steps_apart, fit.basis.size());
    for (std::size_t s = 0; s < n_steps_apart; ++s) {
        const auto weights = prior.weights_at(s + 1, fit.z);
        std::copy(weights.begin(), weights.end(), model.weights_.row(s).begin());
    }
    model.basis_ = std::move(fit.basis);
    model.strengths_ = fit.strengths;
    model.places_ = std::move(fit.places);
    return model;
}

double ChoiceModel::utility(std::size_t step, const Point& point) const {
    if (weights_.rows() == 0) return 0;
    std::vector<double> features(basis_.size());
    basis_.evaluate(point, features);
    return dot(weights_.row(apart(step) - 1), features);
}

std::vector<double> ChoiceModel::utilities(const Point& point) const {
    std::vector<double> utilities(n_steps_apart);
    if (weights_.rows() == 0) return utilities;
    std::vector<double> features(basis_.size());
    basis_.evaluate(point, features);
    for (std::size_t s = 0; s < n_steps_apart; ++s)
        utilities[s] = dot(weights_.row(s), features);
    return utilities;
}

double ChoiceModel::place_utility(std::size_t i) const {
    return place_of(i) < places_.size() ? places_[place_of(i)] : 0;
}

std::vector<double> ChoiceModel::log_probabilities(const SeenOffer& offer) const {
    std::vector<double> logs;
    logs.reserve(offer.shown.size());
    for (std::size_t i = 0; i < offer.shown.size(); ++i)
        logs.push_back(utility(offer.step, box_.at(offer.shown[i])) + place_utility(i));
    to_log_probabilities(logs);
    return logs;
}

}  // namespace fabula::preference
