// SPDX-License-Identifier: 0BSD
// How likely the picks of a history are under a conditional logit: value, gradient and curvature.
// The data and pure functions of the weights; nothing is learned here.
#pragma once

#include "preference/dense_matrix.h"
#include "preference/history.h"

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace fabula::preference {

/// Candidates at the places from this one on in an offer share an intercept.
constexpr std::size_t n_places_apart = 64;

/// The parameters: utility of candidate i of an offer of group g, shown at place p, is
///   weights.row(g) . features(i) + places[p].
struct ChoiceWeights {
    Matrix weights;              // [n_groups, n_features]
    std::vector<double> places;  // [n_places], natural logarithms of odds
};

/// P(pick = i) = exp(u_i) / sum_j exp(u_j), over what an offer shows.
///
/// Source: McFadden, "Conditional Logit Analysis of Qualitative Choice Behavior", in Frontiers in
/// Econometrics, 1974. Ours has intercepts of the places shown.
class ChoiceLikelihood {
public:
    using Features = std::function<void(const SeenOffer&, std::size_t, std::span<double>)>;
    using Group = std::function<std::size_t(const SeenOffer&)>;

    /// The offers of `history` with a pick and at least two candidates; others say nothing about
    /// what is liked better than what else. `features` fills those of candidate i of an offer.
    ChoiceLikelihood(const History& history, std::size_t n_features, const Features& features,
                     const Group& group);

    std::size_t n_offers() const { return n_offers_; }
    std::size_t n_features() const { return n_features_; }
    std::size_t n_places() const { return n_places_; }
    /// The groups that occur, ascending: row g of the weights is that of groups()[g].
    const std::vector<std::size_t>& groups() const { return groups_; }
    /// No weights at all: every candidate equal.
    ChoiceWeights nothing() const;

    /// The sum of ln P(pick); empty pointers are not filled. `gradient`: of it by each parameter.
    /// `probabilities`: of each candidate, in the order of `curvature`'s argument.
    double value(const ChoiceWeights& at, ChoiceWeights* gradient,
                 std::vector<double>* probabilities) const;

    /// H V for H = minus the second derivatives by the weights, [n_groups, n_features].
    Matrix curvature_times(const std::vector<double>& probabilities, const Matrix& v) const;

    /// H itself: one block a group, upper triangles of [n_features, n_features]; it has no others.
    std::vector<Matrix> curvature(const std::vector<double>& probabilities) const;

    /// Minus the second derivatives by the places, upper triangle of [n_places, n_places].
    Matrix curvature_by_place(const std::vector<double>& probabilities) const;

private:
    struct Offer {
        std::size_t first;  // candidate, in all of them
        std::size_t n_shown;
        std::size_t picked;
    };

    void log_probabilities(const Offer& offer, std::size_t g, const ChoiceWeights& at,
                           std::vector<double>& logs) const;
    void add_slope(const Offer& offer, std::size_t g, const std::vector<double>& logs,
                   ChoiceWeights& gradient) const;

    std::size_t n_features_;
    std::size_t n_places_ = 0;
    std::size_t n_offers_ = 0;
    std::vector<std::size_t> groups_;
    std::vector<std::vector<Offer>> offers_;  // by group
    Matrix features_;                         // [n_candidates, n_features]
};

/// The place at which candidate i is shown, as the intercepts count it.
std::size_t place_of(std::size_t i);

/// One Newton step of the intercepts under a normal prior of variance `*variance`, which is then
/// estimated anew from them (one step of EM, with one place of variance 1/4 thrown in). Returns the
/// largest change.
double improve_places(const ChoiceLikelihood& likelihood, ChoiceWeights& weights, double* variance);

/// The most probable intercepts where nothing else is learned, [n_places], their variance estimated
/// with them.
std::vector<double> fit_places(const History& history);

/// Replaces utilities by the logarithms of the probabilities of a logit.
void to_log_probabilities(std::span<double> utilities);

}  // namespace fabula::preference
