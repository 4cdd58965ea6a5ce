// SPDX-License-Identifier: 0BSD
#include "preference/choice_prior.h"

#include <cassert>
#include <cmath>

namespace fabula::preference {
namespace {

Matrix transposed(const Matrix& matrix) {
    Matrix result(matrix.columns(), matrix.rows());
    for (std::size_t i = 0; i < matrix.rows(); ++i) {
        for (std::size_t j = 0; j < matrix.columns(); ++j)
            result(j, i) = matrix(i, j);
    }
    return result;
}

// L with L L' = the covariances of `steps`, lower.
Matrix root_of(const StepVariances& variances, const std::vector<std::size_t>& steps) {
    const std::size_t n = steps.size();
    Matrix covariances(n, n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = i; j < n; ++j)
            covariances(i, j) = variances.between(steps[i], steps[j]);
        covariances(i, i) *= 1 + 1e-9;  // rounding must not make it singular
    }
    const bool is_positive = factorize(covariances);
    assert(is_positive);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < i; ++j)
            covariances(i, j) = 0;
    }
    return transposed(covariances);
}

void scale_columns(Matrix& matrix, const std::vector<double>& scales) {
    for (std::size_t i = 0; i < matrix.rows(); ++i) {
        for (std::size_t m = 0; m < matrix.columns(); ++m)
            matrix(i, m) *= scales[m];
    }
}

double sum_of_squares(const Matrix& matrix) {
    return dot(matrix.all(), matrix.all());
}

}  // namespace

std::size_t apart(std::size_t step) {
    if (step <= n_steps_apart) return step;
    return step % 2 == n_steps_apart % 2 ? n_steps_apart : n_steps_apart - 1;
}

double StepVariances::between(std::size_t step, std::size_t other) const {
    const std::size_t distance = step > other ? step - other : other - step;
    return shared + (distance % 2 == 0 ? alternating : -alternating) +
           near * std::exp(-static_cast<double>(distance) / 2) + (distance == 0 ? own : 0);
}

ChoicePrior::ChoicePrior(const ChoiceStrengths& strengths, const std::vector<std::size_t>& steps,
                         const CosineBasis& basis)
    : strengths_(strengths),
      steps_(steps),
      root_(root_of(strengths.steps, steps)),
      scales_(basis.variances(strengths.lengths)) {
    for (double& scale : scales_)
        scale = std::sqrt(scale);
}

Matrix ChoicePrior::weights(const Matrix& z) const {
    Matrix weights = product(root_, z);
    scale_columns(weights, scales_);
    return weights;
}

Matrix ChoicePrior::z_of(const Matrix& weights) const {
    Matrix z = weights;
    for (std::size_t i = 0; i < z.rows(); ++i) {
        for (std::size_t m = 0; m < z.columns(); ++m)
            z(i, m) /= scales_[m];
        for (std::size_t j = 0; j < i; ++j)
            add_scaled(-root_(i, j), z.row(j), z.row(i));
        for (double& value : z.row(i))
            value /= root_(i, i);
    }
    return z;
}

Matrix ChoicePrior::pulled_back(const Matrix& by_weights) const {
    Matrix by_z = product(transposed(root_), by_weights);
    scale_columns(by_z, scales_);
    return by_z;
}

std::vector<double> ChoicePrior::weights_at(std::size_t step, const Matrix& z) const {
    // k' K^-1 L z = (L^-1 k)' z, for the covariances k of this step with those seen.
    const std::size_t n = steps_.size();
    std::vector<double> mixture(n);
    std::vector<double> weights(scales_.size());
    for (std::size_t i = 0; i < n; ++i) {
        double value = strengths_.steps.between(apart(step), steps_[i]);
        for (std::size_t j = 0; j < i; ++j)
            value -= root_(i, j) * mixture[j];
        mixture[i] = value / root_(i, i);
        add_scaled(mixture[i], z.row(i), weights);
    }
    for (std::size_t m = 0; m < weights.size(); ++m)
        weights[m] *= scales_[m];
    return weights;
}

ChoiceCurvature::ChoiceCurvature(std::vector<Matrix> upper) : blocks(std::move(upper)) {
    const std::size_t n = blocks.front().rows();
    total = Matrix(n, n);
    double trace = 0;
    for (auto& block : blocks) {
        shares.push_back(0);
        for (std::size_t i = 0; i < n; ++i) {
            shares.back() += block(i, i);
            for (std::size_t j = 0; j < i; ++j)
                block(i, j) = block(j, i);
        }
        add_scaled(1, block.all(), total.all());
        trace += shares.back();
    }
    assert(trace > 0);
    for (double& share : shares)
        share /= trace;
}

Matrix ChoiceCurvature::times(const Matrix& weights) const {
    Matrix result(weights.rows(), weights.columns());
    for (std::size_t s = 0; s < weights.rows(); ++s) {
        for (std::size_t m = 0; m < weights.columns(); ++m)
            add_scaled(weights(s, m), blocks[s].row(m), result.row(s));
    }
    return result;
}

DecoupledInverse::DecoupledInverse(const ChoicePrior& prior, const ChoiceCurvature& curvature) {
    const auto& root = prior.steps_root();
    const auto& scales = prior.scales();
    Matrix shared = root;  // diag(shares) L
    for (std::size_t s = 0; s < shared.rows(); ++s) {
        for (double& value : shared.row(s))
            value *= curvature.shares[s];
    }
    const auto values = eigenvalues(product(transposed(root), shared), vectors_);
    const std::size_t n = scales.size();
    for (const double value : values) {
        Matrix factor(n, n);
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = i; j < n; ++j)
                factor(i, j) = std::max(value, 0.0) * scales[i] * curvature.total(i, j) * scales[j];
            factor(i, i) += 1;
        }
        const bool is_positive = factorize(factor);
        assert(is_positive);
        log_determinant_ += preference::log_determinant(factor);
        factors_.push_back(std::move(factor));
    }
}

Matrix DecoupledInverse::times(const Matrix& z) const {
    Matrix turned = product(transposed(vectors_), z);
    for (std::size_t j = 0; j < turned.rows(); ++j)
        solve(factors_[j], turned.row(j));
    return product(vectors_, turned);
}

Matrix conjugate_gradients(const std::function<Matrix(const Matrix&)>& apply,
                           const DecoupledInverse& inverse, const Matrix& b, double tolerance,
                           int most_steps) {
    Matrix x(b.rows(), b.columns());
    Matrix residual = b;
    const double enough = tolerance * tolerance * sum_of_squares(b);
    Matrix conditioned = inverse.times(residual);
    Matrix direction = conditioned;
    double fall = dot(residual.all(), conditioned.all());
    for (int i = 0; i < most_steps && sum_of_squares(residual) > enough; ++i) {
        const Matrix applied = apply(direction);
        const double length = fall / dot(direction.all(), applied.all());
        add_scaled(length, direction.all(), x.all());
        add_scaled(-length, applied.all(), residual.all());
        conditioned = inverse.times(residual);
        const double next = dot(residual.all(), conditioned.all());
        Matrix turned = conditioned;
        add_scaled(next / fall, direction.all(), turned.all());
        direction = std::move(turned);
        fall = next;
    }
    return x;
}

}  // namespace fabula::preference
