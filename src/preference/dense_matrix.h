// SPDX-License-Identifier: 0BSD
// A dense matrix of doubles and the few operations on it that a fit of choices needs. Pure
// functions; the order of every sum is fixed, so that the same data give the same bits.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace fabula::preference {

/// [rows, columns], row-major.
class Matrix {
public:
    Matrix() = default;
    Matrix(std::size_t rows, std::size_t columns)
        : rows_(rows), columns_(columns), values_(rows * columns) {}

    std::size_t rows() const { return rows_; }
    std::size_t columns() const { return columns_; }
    double& operator()(std::size_t i, std::size_t j) { return values_[i * columns_ + j]; }
    double operator()(std::size_t i, std::size_t j) const { return values_[i * columns_ + j]; }
    std::span<double> row(std::size_t i) { return {values_.data() + i * columns_, columns_}; }
    std::span<const double> row(std::size_t i) const {
        return {values_.data() + i * columns_, columns_};
    }
    std::span<double> all() { return values_; }
    std::span<const double> all() const { return values_; }

private:
    std::size_t rows_ = 0;
    std::size_t columns_ = 0;
    std::vector<double> values_;
};

double dot(std::span<const double> a, std::span<const double> b);

/// y += factor x.
void add_scaled(double factor, std::span<const double> x, std::span<double> y);

/// The product a b. Requires a.columns() == b.rows().
Matrix product(const Matrix& a, const Matrix& b);

/// Adds X'X to the upper triangle of `gram`, [n, n]; `rows` is X, [any, n].
void add_gram(const Matrix& rows, Matrix& gram);

/// Replaces the upper triangle of a symmetric `matrix` by U with U'U = matrix; what stands below
/// the diagonal is not looked at. False, and rubbish in it, where it is not positive definite.
bool factorize(Matrix& matrix);

/// Solves U'U x = b in place, `factor` as from `factorize`.
void solve(const Matrix& factor, std::span<double> b);

/// ln det(U'U).
double log_determinant(const Matrix& factor);

/// The eigenvalues of a symmetric `matrix`, and as the columns of `vectors` their vectors, in no
/// order.
///
/// Source: Jacobi, "Über ein leichtes Verfahren...", Crelle 30, 1846; cyclic, as in Golub, Van
/// Loan, "Matrix Computations", 1983, 8.5. For small matrices: O(n^3) a sweep.
std::vector<double> eigenvalues(Matrix matrix, Matrix& vectors);

}  // namespace fabula::preference
