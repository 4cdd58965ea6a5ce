// SPDX-License-Identifier: 0BSD
// What is expected of a reader's utilities before anything is seen: smooth over the settings, and
// related between the steps of a story. Values and pure functions.
#pragma once

#include "preference/cosine_basis.h"
#include "preference/dense_matrix.h"

#include <array>
#include <cstddef>
#include <functional>
#include <vector>

namespace fabula::preference {

/// Steps from here on share the two last utilities, by whether they are odd or even.
constexpr std::size_t n_steps_apart = 24;
std::size_t apart(std::size_t step);

/// Variances of the parts of a utility: what all steps share, what odd and even steps have with
/// opposite signs, what steps near each other have in common (it fades by exp(-|s - t| / 2)), and
/// what each step has alone.
struct StepVariances {
    double shared = 0.5;
    double alternating = 0.1;
    double near = 0.1;
    double own = 0.1;

    /// Covariance of the utilities of the same settings at two steps.
    double between(std::size_t step, std::size_t other) const;
};

/// The strengths of the prior: everything that is chosen by evidence.
struct ChoiceStrengths {
    Point lengths{0.25, 0.25, 0.25};  // over which a utility changes, in units of the box
    StepVariances steps;
};

/// The prior of the weights of all steps, [n_steps, n_features]: normal, covariance
///   steps.between(s, t) variances[m] between the weight m at s and at t,
/// written as weights = L z diag(sqrt(variances)) with independent standard normal z.
class ChoicePrior {
public:
    ChoicePrior(const ChoiceStrengths& strengths, const std::vector<std::size_t>& steps,
                const CosineBasis& basis);

    Matrix weights(const Matrix& z) const;
    /// The z of `weights`.
    Matrix z_of(const Matrix& weights) const;
    /// The adjoint: a gradient by weights as a gradient by z.
    Matrix pulled_back(const Matrix& by_weights) const;
    /// The weights that z leads to expect at any step, seen or not, [n_features].
    std::vector<double> weights_at(std::size_t step, const Matrix& z) const;

    const Matrix& steps_root() const { return root_; }
    const std::vector<double>& scales() const { return scales_; }

private:
    ChoiceStrengths strengths_;
    std::vector<std::size_t> steps_;
    Matrix root_;                 // L, lower, [n_steps, n_steps]
    std::vector<double> scales_;  // [n_features]
};

/// The curvature of the log-likelihood as blocks of full matrices, one a step, and their sum.
struct ChoiceCurvature {
    std::vector<Matrix> blocks;  // symmetric, [n_features, n_features]
    Matrix total;                // their sum
    std::vector<double> shares;  // traces of the blocks over that of the sum

    /// `upper`: upper triangles. Requires that one of them is not 0.
    explicit ChoiceCurvature(std::vector<Matrix> upper);
    Matrix times(const Matrix& weights) const;
};

/// (1 + A' H A)^-1 by z under a prior, with H taken as if each step's block were its share of their
/// sum: then the steps decouple along the eigenvectors of L' diag(shares) L. Exact for one step,
/// and where every step saw the same; else a preconditioner.
class DecoupledInverse {
public:
    DecoupledInverse(const ChoicePrior& prior, const ChoiceCurvature& curvature);

    Matrix times(const Matrix& z) const;
    /// ln det(1 + A' H A), under the same simplification.
    double log_determinant() const { return log_determinant_; }

private:
    Matrix vectors_;               // [n_steps, n_steps]
    std::vector<Matrix> factors_;  // one an eigenvector
    double log_determinant_ = 0;
};

/// Solves (1 + A' H A) z = b, `apply` being that operator, to |residual| <= tolerance |b| or
/// `most_steps`.
///
/// Source: Hestenes, Stiefel, "Methods of Conjugate Gradients for Solving Linear Systems", Journal
/// of Research of the National Bureau of Standards 49, 1952; preconditioned.
Matrix conjugate_gradients(const std::function<Matrix(const Matrix&)>& apply,
                           const DecoupledInverse& inverse, const Matrix& b, double tolerance,
                           int most_steps);

}  // namespace fabula::preference
