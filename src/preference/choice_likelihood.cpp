// SPDX-License-Identifier: 0BSD
#include "preference/choice_likelihood.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>

namespace fabula::preference {

std::size_t place_of(std::size_t i) {
    return std::min(i, n_places_apart - 1);
}

void to_log_probabilities(std::span<double> utilities) {
    if (utilities.empty()) return;
    const double highest = *std::max_element(utilities.begin(), utilities.end());
    double sum = 0;
    for (const double utility : utilities)
        sum += std::exp(utility - highest);
    const double normalizer = highest + std::log(sum);
    for (double& utility : utilities)
        utility -= normalizer;
}

ChoiceLikelihood::ChoiceLikelihood(const History& history, std::size_t n_features,
                                   const Features& features, const Group& group)
    : n_features_(n_features) {
    std::map<std::size_t, std::vector<const SeenOffer*>> by_group;
    std::size_t n_candidates = 0;
    for (const auto& offer : history) {
        if (!offer.picked || offer.shown.size() < 2) continue;
        by_group[group(offer)].push_back(&offer);
        n_candidates += offer.shown.size();
        n_places_ = std::max(n_places_, place_of(offer.shown.size() - 1) + 1);
        ++n_offers_;
    }
    features_ = Matrix(n_candidates, n_features);
    std::size_t next = 0;
    for (const auto& [number, of_group] : by_group) {
        groups_.push_back(number);
        auto& offers = offers_.emplace_back();
        for (const auto* offer : of_group) {
            offers.push_back({next, offer->shown.size(), *offer->picked});
            for (std::size_t i = 0; i < offer->shown.size(); ++i)
                features(*offer, i, features_.row(next++));
        }
    }
}

ChoiceWeights ChoiceLikelihood::nothing() const {
    return {Matrix(groups_.size(), n_features_), std::vector<double>(n_places_)};
}

void ChoiceLikelihood::log_probabilities(const Offer& offer, std::size_t g, const ChoiceWeights& at,
                                         std::vector<double>& logs) const {
    logs.resize(offer.n_shown);
    for (std::size_t i = 0; i < offer.n_shown; ++i)
        logs[i] = dot(at.weights.row(g), features_.row(offer.first + i)) + at.places[place_of(i)];
    to_log_probabilities(logs);
}

void ChoiceLikelihood::add_slope(const Offer& offer, std::size_t g, const std::vector<double>& logs,
                                 ChoiceWeights& gradient) const {
    for (std::size_t i = 0; i < offer.n_shown; ++i) {
        const double surprise = (i == offer.picked ? 1.0 : 0.0) - std::exp(logs[i]);
        add_scaled(surprise, features_.row(offer.first + i), gradient.weights.row(g));
        gradient.places[place_of(i)] += surprise;
    }
}

double ChoiceLikelihood::value(const ChoiceWeights& at, ChoiceWeights* gradient,
                               std::vector<double>* probabilities) const {
    if (gradient) *gradient = nothing();
    if (probabilities) probabilities->assign(features_.rows(), 0);
    double sum = 0;
    std::vector<double> logs;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
        for (const auto& offer : offers_[g]) {
            log_probabilities(offer, g, at, logs);
            sum += logs[offer.picked];
            if (gradient) add_slope(offer, g, logs, *gradient);
            for (std::size_t i = 0; probabilities && i < offer.n_shown; ++i)
                (*probabilities)[offer.first + i] = std::exp(logs[i]);
        }
    }
    return sum;
}

Matrix ChoiceLikelihood::curvature_times(const std::vector<double>& probabilities,
                                         const Matrix& v) const {
    Matrix result(groups_.size(), n_features_);
    std::vector<double> slopes;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
        for (const auto& offer : offers_[g]) {
            slopes.resize(offer.n_shown);
            double mean = 0;
            for (std::size_t i = 0; i < offer.n_shown; ++i) {
                slopes[i] = dot(v.row(g), features_.row(offer.first + i));
                mean += probabilities[offer.first + i] * slopes[i];
            }
            for (std::size_t i = 0; i < offer.n_shown; ++i)
                add_scaled(probabilities[offer.first + i] * (slopes[i] - mean),
                           features_.row(offer.first + i), result.row(g));
        }
    }
    return result;
}

std::vector<Matrix> ChoiceLikelihood::curvature(const std::vector<double>& probabilities) const {
    std::vector<Matrix> blocks;
    constexpr std::size_t batch = 64;  // rows that are multiplied at once
    std::vector<double> mean(n_features_);
    for (const auto& offers : offers_) {
        Matrix block(n_features_, n_features_);
        Matrix rows(batch, n_features_);
        std::size_t n_rows = 0;
        for (const auto& offer : offers) {
            // The covariance of the features as a sum of n - 1 squares: each candidate against the
            // mean of those before it (West, 1979, Communications of the ACM 22).
            double weight = probabilities[offer.first];
            const auto first = features_.row(offer.first);
            std::copy(first.begin(), first.end(), mean.begin());
            for (std::size_t i = 1; i < offer.n_shown; ++i) {
                const double added = probabilities[offer.first + i];
                if (!(added > 0)) continue;
                const auto from = features_.row(offer.first + i);
                const double share = added / (weight + added);
                const double scale = std::sqrt(weight * share);
                const auto to = rows.row(n_rows++);
                for (std::size_t m = 0; m < n_features_; ++m) {
                    const double change = from[m] - mean[m];
                    to[m] = scale * change;
                    mean[m] += share * change;
                }
                weight += added;
                if (n_rows < batch) continue;
                add_gram(rows, block);
                n_rows = 0;
            }
        }
        for (std::size_t r = n_rows; r < batch; ++r)
            std::fill(rows.row(r).begin(), rows.row(r).end(), 0.0);
        add_gram(rows, block);
        blocks.push_back(std::move(block));
    }
    return blocks;
}

Matrix ChoiceLikelihood::curvature_by_place(const std::vector<double>& probabilities) const {
    Matrix result(n_places_, n_places_);
    std::vector<double> at(n_places_);
    for (const auto& offers : offers_) {
        for (const auto& offer : offers) {
            const std::size_t n = place_of(offer.n_shown - 1) + 1;
            std::fill(at.begin(), at.end(), 0.0);
            for (std::size_t i = 0; i < offer.n_shown; ++i)
                at[place_of(i)] += probabilities[offer.first + i];
            for (std::size_t p = 0; p < n; ++p) {
                result(p, p) += at[p];
                for (std::size_t q = p; q < n; ++q)
                    result(p, q) -= at[p] * at[q];
            }
        }
    }
    return result;
}

double improve_places(const ChoiceLikelihood& likelihood, ChoiceWeights& weights,
                      double* variance) {
    const std::size_t n = likelihood.n_places();
    if (n == 0) return 0;
    ChoiceWeights gradient;
    std::vector<double> probabilities;
    likelihood.value(weights, &gradient, &probabilities);
    Matrix precision = likelihood.curvature_by_place(probabilities);
    std::vector<double> step = gradient.places;
    for (std::size_t p = 0; p < n; ++p) {
        precision(p, p) += 1 / *variance;
        step[p] -= weights.places[p] / *variance;
    }
    const bool is_positive = factorize(precision);
    assert(is_positive);  // a covariance and a ridge
    solve(precision, step);
    double largest = 0;
    double squares = 0.25;
    std::vector<double> column(n);
    for (std::size_t p = 0; p < n; ++p) {
        // A logit's curvature halves within about 1 of a parameter: no longer step than that.
        const double change = std::clamp(step[p], -1.0, 1.0);
        weights.places[p] += change;
        largest = std::max(largest, std::abs(change));
        std::fill(column.begin(), column.end(), 0.0);
        column[p] = 1;
        solve(precision, column);
        squares += weights.places[p] * weights.places[p] + column[p];
    }
    *variance = squares / static_cast<double>(n + 1);
    return largest;
}

std::vector<double> fit_places(const History& history) {
    const ChoiceLikelihood likelihood(
        history, 0, [](const SeenOffer&, std::size_t, std::span<double>) {},
        [](const SeenOffer&) { return std::size_t{0}; });
    ChoiceWeights weights = likelihood.nothing();
    double variance = 0.25;
    for (int i = 0; i < 50; ++i) {
        if (improve_places(likelihood, weights, &variance) < 1e-6) break;
    }
    return weights.places;
}

}  // namespace fabula::preference
