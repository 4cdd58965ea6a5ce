// SPDX-License-Identifier: 0BSD
#include "evaluate/interval.h"

#include <cassert>
#include <cmath>
#include <iterator>

namespace fabula::evaluate {

double t_quantile(std::size_t degrees) {
    assert(degrees >= 1);
    // To three places for few degrees; above, the expansion of Cornish and Fisher is as good.
    constexpr double table[] = {12.7062, 4.3027, 3.1824, 2.7764, 2.5706,
                                2.4469,  2.3646, 2.3060, 2.2622, 2.2281};
    if (degrees <= std::size(table)) return table[degrees - 1];
    const double z = 1.959964;
    const auto n = static_cast<double>(degrees);
    const double z3 = z * z * z;
    const double z5 = z3 * z * z;
    return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n) +
           (3 * z5 * z * z + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n);
}

MeanInterval mean_interval(std::span<const double> values) {
    assert(!values.empty());
    const auto n = static_cast<double>(values.size());
    double mean = 0;
    for (const double value : values)
        mean += value / n;
    if (values.size() == 1) return {mean, {}, {}};
    double squares = 0;
    for (const double value : values)
        squares += (value - mean) * (value - mean);
    const double half = t_quantile(values.size() - 1) * std::sqrt(squares / (n - 1) / n);
    return {mean, mean - half, mean + half};
}

}  // namespace fabula::evaluate
