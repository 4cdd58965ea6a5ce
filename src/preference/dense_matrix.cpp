// SPDX-License-Identifier: 0BSD
#include "preference/dense_matrix.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace fabula::preference {
namespace {

// Turns rows and columns p and q of `a` so that a(p, q) is 0.
void rotate(Matrix& a, Matrix& vectors, std::size_t p, std::size_t q) {
    if (a(p, q) == 0) return;
    const double theta = (a(q, q) - a(p, p)) / (2 * a(p, q));
    const double t = (theta >= 0 ? 1.0 : -1.0) / (std::abs(theta) + std::hypot(theta, 1.0));
    const double c = 1 / std::hypot(t, 1.0);
    const double s = t * c;
    const std::size_t n = a.rows();
    for (std::size_t k = 0; k < n; ++k) {
        const double kp = a(k, p);
        const double kq = a(k, q);
        a(k, p) = c * kp - s * kq;
        a(k, q) = s * kp + c * kq;
    }
    for (std::size_t k = 0; k < n; ++k) {
        const double pk = a(p, k);
        const double qk = a(q, k);
        a(p, k) = c * pk - s * qk;
        a(q, k) = s * pk + c * qk;
    }
    for (std::size_t k = 0; k < n; ++k) {
        const double kp = vectors(k, p);
        const double kq = vectors(k, q);
        vectors(k, p) = c * kp - s * kq;
        vectors(k, q) = s * kp + c * kq;
    }
}

// to[j] -= the sum over the four rows of row[i] row[j], for j from i on.
void take_off(const std::array<const double*, 4>& rows, std::size_t i, std::span<double> to) {
    const auto [x0, x1, x2, x3] = rows;
    const double a0 = x0[i];
    const double a1 = x1[i];
    const double a2 = x2[i];
    const double a3 = x3[i];
    double* values = to.data();
    for (std::size_t j = i; j < to.size(); ++j)
        values[j] -= (a0 * x0[j] + a1 * x1[j]) + (a2 * x2[j] + a3 * x3[j]);
}

double off_diagonal(const Matrix& a) {
    double sum = 0;
    for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t j = i + 1; j < a.rows(); ++j)
            sum += a(i, j) * a(i, j);
    }
    return sum;
}

}  // namespace

double dot(std::span<const double> a, std::span<const double> b) {
    assert(a.size() == b.size());
    // Four sums in a fixed order: a processor adds them at once.
    double sums[4] = {0, 0, 0, 0};
    std::size_t i = 0;
    for (; i + 4 <= a.size(); i += 4) {
        for (std::size_t j = 0; j < 4; ++j)
            sums[j] += a.data()[i + j] * b.data()[i + j];
    }
    for (; i < a.size(); ++i)
        sums[0] += a.data()[i] * b.data()[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

void add_scaled(double factor, std::span<const double> x, std::span<double> y) {
    assert(x.size() == y.size());
    const double* from = x.data();
    double* to = y.data();
    for (std::size_t i = 0; i < x.size(); ++i)
        to[i] += factor * from[i];
}

Matrix product(const Matrix& a, const Matrix& b) {
    assert(a.columns() == b.rows());
    Matrix c(a.rows(), b.columns());
    for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t k = 0; k < a.columns(); ++k)
            add_scaled(a(i, k), b.row(k), c.row(i));
    }
    return c;
}

void add_gram(const Matrix& rows, Matrix& gram) {
    const std::size_t n = rows.columns();
    assert(gram.rows() == n && gram.columns() == n);
    std::size_t r = 0;
    // Four rows at once: `gram` then passes through the processor a quarter as often.
    for (; r + 4 <= rows.rows(); r += 4) {
        const double* x0 = rows.row(r).data();
        const double* x1 = rows.row(r + 1).data();
        const double* x2 = rows.row(r + 2).data();
        const double* x3 = rows.row(r + 3).data();
        for (std::size_t i = 0; i < n; ++i) {
            double* to = gram.row(i).data();
            const double a0 = x0[i];
            const double a1 = x1[i];
            const double a2 = x2[i];
            const double a3 = x3[i];
            for (std::size_t j = i; j < n; ++j)
                to[j] += (a0 * x0[j] + a1 * x1[j]) + (a2 * x2[j] + a3 * x3[j]);
        }
    }
    for (; r < rows.rows(); ++r) {
        const auto x = rows.row(r);
        for (std::size_t i = 0; i < n; ++i)
            add_scaled(x[i], x.subspan(i), gram.row(i).subspan(i));
    }
}

bool factorize(Matrix& matrix) {
    const std::size_t n = matrix.rows();
    assert(matrix.columns() == n);
    // Four rows of U at once: the rows below then pass through the processor a quarter as often.
    constexpr std::size_t batch = 4;
    for (std::size_t first = 0; first < n; first += batch) {
        const std::size_t end = std::min(first + batch, n);
        for (std::size_t k = first; k < end; ++k) {
            if (!(matrix(k, k) > 0) || !std::isfinite(matrix(k, k))) return false;
            const auto pivots = matrix.row(k).subspan(k);
            const double scale = 1 / std::sqrt(matrix(k, k));
            for (double& value : pivots)
                value *= scale;
            for (std::size_t i = k + 1; i < end; ++i)
                add_scaled(-matrix(k, i), pivots.subspan(i - k), matrix.row(i).subspan(i));
        }
        // Rows remain only below a whole batch.
        for (std::size_t i = end; i < n; ++i) {
            const std::array<const double*, 4> rows{
                matrix.row(first).data(), matrix.row(first + 1).data(),
                matrix.row(first + 2).data(), matrix.row(first + 3).data()};
            take_off(rows, i, matrix.row(i));
        }
    }
    return true;
}

void solve(const Matrix& factor, std::span<double> b) {
    const std::size_t n = factor.rows();
    assert(b.size() == n);
    for (std::size_t k = 0; k < n; ++k) {
        b[k] /= factor(k, k);
        add_scaled(-b[k], factor.row(k).subspan(k + 1), b.subspan(k + 1));
    }
    for (std::size_t k = n; k-- > 0;)
        b[k] = (b[k] - dot(factor.row(k).subspan(k + 1), b.subspan(k + 1))) / factor(k, k);
}

double log_determinant(const Matrix& factor) {
    double sum = 0;
    for (std::size_t k = 0; k < factor.rows(); ++k)
        sum += std::log(factor(k, k));
    return 2 * sum;
}

std::vector<double> eigenvalues(Matrix matrix, Matrix& vectors) {
    const std::size_t n = matrix.rows();
    vectors = Matrix(n, n);
    double size = 0;
    for (std::size_t i = 0; i < n; ++i) {
        vectors(i, i) = 1;
        for (std::size_t j = 0; j < n; ++j)
            size += matrix(i, j) * matrix(i, j);
    }
    // Converges quadratically: some 6 to 10 sweeps.
    for (int sweep = 0; sweep < 50 && off_diagonal(matrix) > 1e-28 * size; ++sweep) {
        for (std::size_t p = 0; p < n; ++p) {
            for (std::size_t q = p + 1; q < n; ++q)
                rotate(matrix, vectors, p, q);
        }
    }
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i)
        values[i] = matrix(i, i);
    return values;
}

}  // namespace fabula::preference
