// SPDX-License-Identifier: 0BSD
#include "preference/choice_prior.h"

#include "base/rng.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fabula::preference {
namespace {

Matrix random_matrix(std::size_t rows, std::size_t columns, std::uint64_t seed) {
    Matrix matrix(rows, columns);
    std::uint64_t next = 0;
    for (double& value : matrix.all())
        value = Rng(seed).uniform(next++) * 2 - 1;
    return matrix;
}

Matrix some_block(std::size_t n, std::uint64_t seed) {
    Matrix block(n, n);
    add_gram(random_matrix(2 * n, n, seed), block);
    return block;
}

struct Example {
    SettingsBox box{RandomRanges{}};
    ChoiceStrengths strengths{{0.5, 0.4, 0.6}, {0.8, 0.3, 0.2, 0.1}};
    CosineBasis basis{box, strengths.lengths, 12};
    std::vector<std::size_t> steps{1, 2, 5};
    ChoicePrior prior{strengths, steps, basis};
    ChoiceCurvature curvature{{some_block(12, 1), some_block(12, 2), some_block(12, 3)}};

    Matrix apply(const Matrix& z) const {
        Matrix applied = prior.pulled_back(curvature.times(prior.weights(z)));
        add_scaled(1, z.all(), applied.all());
        return applied;
    }
};

TEST(StepVariances, relate_steps_by_their_parity_and_distance) {
    const StepVariances variances{1, 0.5, 0.25, 0.125};
    EXPECT_DOUBLE_EQ(variances.between(3, 3), 1.875);
    EXPECT_DOUBLE_EQ(variances.between(3, 4), 1 - 0.5 + 0.25 * std::exp(-0.5));
    EXPECT_DOUBLE_EQ(variances.between(3, 1), 1 + 0.5 + 0.25 * std::exp(-1));
    EXPECT_DOUBLE_EQ(variances.between(1, 3), variances.between(3, 1));
}

TEST(Apart, puts_late_steps_together_by_parity) {
    EXPECT_EQ(apart(1), 1U);
    EXPECT_EQ(apart(24), 24U);
    EXPECT_EQ(apart(25), 23U);
    EXPECT_EQ(apart(1000), 24U);
}

TEST(CosineBasis, stands_for_the_process_whose_kernel_it_names) {
    const SettingsBox box{RandomRanges{}};
    const Point lengths{0.3, 0.25, 0.35};
    const CosineBasis basis(box, lengths, 2000);
    const auto variances = basis.variances(lengths);
    const auto covariance = [&](const Point& a, const Point& b) {
        std::vector<double> at_a(basis.size());
        std::vector<double> at_b(basis.size());
        basis.evaluate(a, at_a);
        basis.evaluate(b, at_b);
        double sum = 0;
        for (std::size_t m = 0; m < basis.size(); ++m)
            sum += variances[m] * at_a[m] * at_b[m];
        return sum;
    };
    // Differences are all that choices depend on: the variance of u(a) - u(b) against
    // 2 (1 - exp(-|a - b|^2 / 2)), to which the constant that is left out adds nothing.
    const std::vector<Point> points{{0, 0, 0},       {1, 1, 1},        {0.5, 0.5, 0.5},
                                    {0.3, 0.6, 0.8}, {0.35, 0.6, 1.0}, {0.0, 0.2, 0.9}};
    for (const auto& a : points) {
        for (const auto& b : points) {
            double squared = 0;
            for (std::size_t d = 0; d < 3; ++d)
                squared += std::pow((a[d] - b[d]) / lengths[d], 2);
            const double found = covariance(a, a) + covariance(b, b) - 2 * covariance(a, b);
            EXPECT_NEAR(found, 2 * (1 - std::exp(-0.5 * squared)), 0.15) << a[0] << b[0];
        }
    }
}

TEST(ChoicePrior, has_the_covariances_of_its_strengths) {
    const Example example;
    const auto variances = example.basis.variances(example.strengths.lengths);
    // The covariance of weights is A A', A being `weights` of the units of z.
    for (std::size_t s = 0; s < 3; ++s) {
        for (std::size_t t = 0; t < 3; ++t) {
            double sum = 0;
            for (std::size_t unit = 0; unit < 3; ++unit) {
                Matrix z(3, example.basis.size());
                z(unit, 4) = 1;
                const Matrix weights = example.prior.weights(z);
                sum += weights(s, 4) * weights(t, 4);
            }
            EXPECT_NEAR(
                sum,
                variances[4] * example.strengths.steps.between(example.steps[s], example.steps[t]),
                1e-8);
        }
    }
}

TEST(ChoicePrior, goes_back_and_forth_between_weights_and_z) {
    const Example example;
    const Matrix z = random_matrix(3, example.basis.size(), 6);
    const Matrix weights = example.prior.weights(z);
    const Matrix again = example.prior.z_of(weights);
    for (std::size_t i = 0; i < z.all().size(); ++i)
        EXPECT_NEAR(again.all()[i], z.all()[i], 1e-8);
    // The adjoint: <weights(z), g> = <z, pulled_back(g)>.
    const Matrix g = random_matrix(3, example.basis.size(), 7);
    EXPECT_NEAR(dot(weights.all(), g.all()), dot(z.all(), example.prior.pulled_back(g).all()),
                1e-10);
}

TEST(ChoicePrior, expects_at_a_seen_step_what_was_learned_there) {
    const Example example;
    const Matrix z = random_matrix(3, example.basis.size(), 6);
    const Matrix weights = example.prior.weights(z);
    for (std::size_t s = 0; s < 3; ++s) {
        const auto there = example.prior.weights_at(example.steps[s], z);
        for (std::size_t m = 0; m < there.size(); ++m)
            EXPECT_NEAR(there[m], weights(s, m), 1e-6);
    }
}

TEST(ChoicePrior, expects_at_an_unseen_step_what_those_like_it_have) {
    const ChoiceStrengths strengths{{0.5, 0.5, 0.5}, {1e-4, 1, 1e-4, 1e-4}};
    const SettingsBox box{RandomRanges{}};
    const CosineBasis basis(box, strengths.lengths, 5);
    const ChoicePrior prior(strengths, {1, 2}, basis);
    Matrix weights(2, basis.size());
    weights(0, 0) = 1;  // odd steps like it, even ones dislike it
    weights(1, 0) = -1;
    const Matrix z = prior.z_of(weights);
    EXPECT_NEAR(prior.weights_at(7, z)[0], 1, 0.01);
    EXPECT_NEAR(prior.weights_at(8, z)[0], -1, 0.01);
}

TEST(ConjugateGradients, solve_the_system) {
    const Example example;
    const DecoupledInverse inverse(example.prior, example.curvature);
    const Matrix b = random_matrix(3, example.basis.size(), 9);
    const Matrix x = conjugate_gradients([&](const Matrix& z) { return example.apply(z); }, inverse,
                                         b, 1e-10, 200);
    const Matrix again = example.apply(x);
    for (std::size_t i = 0; i < b.all().size(); ++i)
        EXPECT_NEAR(again.all()[i], b.all()[i], 1e-7);
}

TEST(DecoupledInverse, is_exact_where_every_step_saw_the_same) {
    const Example example;
    std::vector<Matrix> blocks;
    for (const double share : {1.0, 2.0, 0.5}) {
        Matrix block = some_block(12, 1);
        for (double& value : block.all())
            value *= share;
        blocks.push_back(block);
    }
    const ChoiceCurvature curvature(blocks);
    const DecoupledInverse inverse(example.prior, curvature);
    // The whole operator as one matrix, column by column.
    const std::size_t n = 3 * 12;
    Matrix whole(n, n);
    for (std::size_t j = 0; j < n; ++j) {
        Matrix unit(3, 12);
        unit.all()[j] = 1;
        Matrix column = example.prior.pulled_back(curvature.times(example.prior.weights(unit)));
        add_scaled(1, unit.all(), column.all());
        for (std::size_t i = 0; i < n; ++i)
            whole(i, j) = column.all()[i];
        const Matrix back = inverse.times(column);
        for (std::size_t i = 0; i < n; ++i)
            ASSERT_NEAR(back.all()[i], i == j ? 1 : 0, 1e-8);
    }
    ASSERT_TRUE(factorize(whole));
    EXPECT_NEAR(inverse.log_determinant(), log_determinant(whole), 1e-8);
}

}  // namespace
}  // namespace fabula::preference
