// SPDX-License-Identifier: 0BSD
#include "preference/truncated_normal.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

namespace fabula::preference {
namespace {

// Of the standard normal in [a, b], accurate in both tails.
double standard_mass(double a, double b) {
    if (a > 0) return standard_mass(-b, -a);
    const double scale = 1 / std::numbers::sqrt2;
    if (b < 0) return 0.5 * (std::erfc(-b * scale) - std::erfc(-a * scale));
    return 0.5 * (std::erf(b * scale) - std::erf(a * scale));
}

}  // namespace

TruncatedNormal::TruncatedNormal(double centre, double deviation, double low, double high)
    : centre_(std::clamp(centre, low, high)),
      deviation_(high > low ? deviation : 1),
      low_(low),
      high_(high),
      whole_(standard_mass((low - centre_) / deviation_, (high - centre_) / deviation_)) {
    assert(low <= high && deviation_ > 0 && std::isfinite(centre));
}

double TruncatedNormal::density(double value) const {
    if (!(value >= low_ && value <= high_)) return 0;
    if (low_ == high_) return 1;
    const double z = (value - centre_) / deviation_;
    return std::exp(-0.5 * z * z) / (std::sqrt(2 * std::numbers::pi) * deviation_ * whole_);
}

double TruncatedNormal::mass(double from, double to) const {
    const double a = std::max(from, low_);
    const double b = std::min(to, high_);
    if (low_ == high_) return from <= low_ && low_ <= to ? 1 : 0;
    if (!(a < b)) return 0;
    return standard_mass((a - centre_) / deviation_, (b - centre_) / deviation_) / whole_;
}

double TruncatedNormal::at(double number) const {
    double below = low_;
    double above = high_;
    double value = below + (above - below) / 2;
    // Newton's steps, and a halving where one would leave what is known: the mass is monotone.
    for (int i = 0; i < 60 && below < above; ++i) {
        const double excess = mass(low_, value) - number;
        (excess <= 0 ? below : above) = value;
        const double step = excess / density(value);
        const double next = value - step;
        if (std::abs(step) <= 1e-14 * (high_ - low_)) break;
        value = next > below && next < above ? next : below + (above - below) / 2;
    }
    return std::clamp(value, low_, high_);
}

}  // namespace fabula::preference
