// SPDX-License-Identifier: 0BSD
// Numbers that people like to read, for axes and classes. Pure functions.
#pragma once

#include <string>
#include <vector>

namespace fabula::evaluate {

/// Ascending multiples of 1, 2, 2.5 or 5 times a power of ten, about `n` of them, the first at or
/// below `low`, the last at or above `high`; at least two. Requires finite low <= high, n >= 2.
std::vector<double> round_numbers(double low, double high, int n);

/// Those of 1, 2, 5, 10, 20, 50, ... (powers of ten alone over more than two decades) that enclose
/// [low, high]; at least two. Requires 1 <= low <= high.
std::vector<double> round_numbers_by_ratio(double low, double high);

/// Which of the classes [edges[i], edges[i + 1]) `value` lies in; the last holds its upper edge,
/// and what lies outside belongs to the nearest. Requires two edges.
std::size_t class_of(double value, const std::vector<double>& edges);

/// "0.25", "40", "-1.5": at most four digits that matter, no zeros behind them.
std::string short_number(double value);

}  // namespace fabula::evaluate
