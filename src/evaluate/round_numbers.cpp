// SPDX-License-Identifier: 0BSD
#include "evaluate/round_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace fabula::evaluate {
namespace {

double round_step(double rough) {
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double multiple : {1.0, 2.0, 2.5, 5.0}) {
        if (multiple * power >= rough * (1 - 1e-9)) return multiple * power;
    }
    return 10 * power;
}

}  // namespace

std::vector<double> round_numbers(double low, double high, int n) {
    assert(std::isfinite(low) && std::isfinite(high) && low <= high && n >= 2);
    const double width = high - low;
    const double least = std::max(1e-9, 1e-6 * std::max(std::abs(low), std::abs(high)));
    // One number alone is given a class about it.
    const double step =
        width > least ? round_step(width / n) : round_step(std::max(0.1, std::abs(low)) / 10);
    const double first = std::floor(low / step + 1e-9);
    const double last = std::max(first + 1, std::ceil(high / step - 1e-9));
    std::vector<double> numbers;
    for (double i = first; i <= last; ++i)
        numbers.push_back(std::round(i * step * 1e9) / 1e9);
    return numbers;
}

std::vector<double> round_numbers_by_ratio(double low, double high) {
    assert(low >= 1 && low <= high && std::isfinite(high));
    const bool is_wide = high / low > 100;
    std::vector<double> numbers{1};
    for (double power = 1; numbers.back() < high || numbers.size() < 2; power *= 10) {
        for (const double multiple : {2.0, 5.0, 10.0}) {
            if (is_wide && multiple < 10) continue;
            if (numbers.back() < high || numbers.size() < 2) numbers.push_back(multiple * power);
        }
    }
    while (numbers.size() > 2 && numbers[1] <= low)
        numbers.erase(numbers.begin());
    return numbers;
}

std::size_t class_of(double value, const std::vector<double>& edges) {
    assert(edges.size() >= 2);
    // Rounding must not put 0.6 below the edge 0.6.
    const double slack = 1e-9 * (edges.back() - edges.front());
    std::size_t i = 0;
    while (i + 2 < edges.size() && value >= edges[i + 1] - slack)
        ++i;
    return i;
}

std::string short_number(double value) {
    const auto text = fmt::format("{:.4g}", value);
    return text == "-0" ? "0" : text;
}

}  // namespace fabula::evaluate
