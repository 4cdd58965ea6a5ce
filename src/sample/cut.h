// SPDX-License-Identifier: 0BSD
// Where to cut a list that nobody sorted: the cheapest entries whose weights together reach a
// target. One cut serves top_k, top_p and typical_p. Histograms that narrow down on the cut,
// expected O(n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fabula::sample {

/// The entries kept are those with cost < `limit`, and of those with cost == `limit` the first
/// `ties` in the order of the list.
struct Cut {
    double limit = 0;
    std::size_t ties = 0;
};

/// Scratch for finding cuts; no allocation once it has seen a list of that size.
class CutFinder {
public:
    /// The smallest prefix, by (cost ascending, index ascending), whose weights reach `target`; all
    /// entries where they never do. `costs` finite, at least one, none below `low`; `weights` >= 0,
    /// as many, that of the cheapest > 0; or empty: each weighs 1.
    Cut find(std::span<const double> costs, std::span<const double> weights, double target,
             double low);

private:
    using Costs = std::span<const double>;
    using Weights = std::span<const double>;

    void narrow_all(Costs costs, Weights weights, double low);
    bool narrow(Costs costs, Weights weights);
    std::size_t bucket_reaching();
    Cut walk(Costs costs, Weights weights);

    double missing_ = 0;                  // weight that the members must still reach
    std::vector<std::uint32_t> members_;  // the entries among which the cut lies, ascending
    std::vector<double> bucket_weights_;
};

}  // namespace fabula::sample
