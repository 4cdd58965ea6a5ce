// SPDX-License-Identifier: 0BSD
#include "evaluate/clustered_mean.h"

#include "evaluate/interval.h"

#include <cassert>
#include <cmath>

namespace fabula::evaluate {

void ClusteredMean::add(std::int64_t story, double value) {
    auto& sum = sums_[story];
    sum.values += value;
    sum.n += 1;
    total_ += value;
    ++n_;
}

double ClusteredMean::mean() const {
    assert(n_ > 0);
    return total_ / static_cast<double>(n_);
}

std::optional<double> ClusteredMean::half_width() const {
    if (sums_.size() < 2) return {};
    const double m = mean();
    double squares = 0;
    for (const auto& [story, sum] : sums_) {
        const double residual = sum.values - sum.n * m;
        squares += residual * residual;
    }
    const auto stories = static_cast<double>(sums_.size());
    const double error = std::sqrt(stories / (stories - 1) * squares) / static_cast<double>(n_);
    return t_quantile(sums_.size() - 1) * error;
}

}  // namespace fabula::evaluate
