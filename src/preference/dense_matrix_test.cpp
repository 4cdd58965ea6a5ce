// SPDX-License-Identifier: 0BSD
#include "preference/dense_matrix.h"

#include "base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
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

// X'X, element by element.
Matrix gram_of(const Matrix& x) {
    Matrix gram(x.columns(), x.columns());
    for (std::size_t i = 0; i < x.columns(); ++i) {
        for (std::size_t j = 0; j < x.columns(); ++j) {
            for (std::size_t r = 0; r < x.rows(); ++r)
                gram(i, j) += x(r, i) * x(r, j);
        }
    }
    return gram;
}

TEST(DenseMatrix, adds_a_gram_matrix_as_its_definition_has_it) {
    for (const std::size_t rows : {1U, 3U, 4U, 11U}) {
        const Matrix x = random_matrix(rows, 7, rows);
        Matrix gram(7, 7);
        add_gram(x, gram);
        const Matrix expected = gram_of(x);
        for (std::size_t i = 0; i < 7; ++i) {
            for (std::size_t j = i; j < 7; ++j)
                ASSERT_NEAR(gram(i, j), expected(i, j), 1e-12) << rows;
        }
    }
}

TEST(DenseMatrix, solves_what_it_factorized) {
    const Matrix matrix = gram_of(random_matrix(20, 9, 3));
    Matrix factor = matrix;
    ASSERT_TRUE(factorize(factor));
    std::vector<double> b(9);
    for (std::size_t i = 0; i < 9; ++i)
        b[i] = static_cast<double>(i) - 3;
    auto x = b;
    solve(factor, x);
    for (std::size_t i = 0; i < 9; ++i)
        EXPECT_NEAR(dot(matrix.row(i), x), b[i], 1e-10);
}

TEST(DenseMatrix, knows_the_determinant_of_a_matrix_done_by_hand) {
    Matrix matrix(2, 2);
    matrix(0, 0) = 4;
    matrix(0, 1) = matrix(1, 0) = 2;
    matrix(1, 1) = 3;
    ASSERT_TRUE(factorize(matrix));
    EXPECT_NEAR(log_determinant(matrix), std::log(8.0), 1e-12);
}

TEST(DenseMatrix, refuses_what_is_not_positive_definite) {
    Matrix matrix(2, 2);
    matrix(0, 0) = matrix(1, 1) = 1;
    matrix(0, 1) = 2;
    EXPECT_FALSE(factorize(matrix));
    Matrix empty(0, 0);
    EXPECT_TRUE(factorize(empty));
}

TEST(DenseMatrix, finds_eigenvalues_that_make_the_matrix_again) {
    const Matrix matrix = gram_of(random_matrix(6, 8, 5));  // of rank 6
    Matrix vectors;
    auto values = eigenvalues(matrix, vectors);
    for (std::size_t i = 0; i < 8; ++i) {
        for (std::size_t j = 0; j < 8; ++j) {
            double sum = 0;
            double product_of_vectors = 0;
            for (std::size_t k = 0; k < 8; ++k) {
                sum += vectors(i, k) * values[k] * vectors(j, k);
                product_of_vectors += vectors(k, i) * vectors(k, j);
            }
            EXPECT_NEAR(sum, matrix(i, j), 1e-10);
            EXPECT_NEAR(product_of_vectors, i == j ? 1 : 0, 1e-12);
        }
    }
    std::sort(values.begin(), values.end());
    EXPECT_NEAR(values[0], 0, 1e-10);
    EXPECT_NEAR(values[1], 0, 1e-10);
    EXPECT_GT(values[2], 1e-3);
}

}  // namespace
}  // namespace fabula::preference
