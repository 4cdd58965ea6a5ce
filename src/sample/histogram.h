// SPDX-License-Identifier: 0BSD
// How much lies how far below the largest logit: weights, or counts, in 1,024 buckets of equal
// width. One pass makes it; the bucket in which a cut falls is then known, and only the tokens in
// that bucket are looked at one by one.
#pragma once

#include "sample/row_kernels.h"

#include <cstddef>
#include <span>
#include <vector>

namespace fabula::sample {

class Histogram {
public:
    static constexpr std::size_t n_buckets = Buckets::n;

    enum class Width { narrow, any };
    /// Starts over, empty, for logits of at most `top`, hardly any below `lowest`. Bucket 0 begins
    /// at top; the last one has no end. `narrow`: no bucket is wider than 2^-5 nats, whatever lies
    /// far below.
    void start(double top, double lowest, Width width = Width::narrow);

    /// Buckets a nat.
    double per_nat() const { return per_nat_; }
    /// The bucket of `logit`: it falls, or stays, as the logit grows.
    std::size_t bucket_of(double logit) const {
        const double place = -(logit - top_) * per_nat_;
        if (!(place < n_buckets - 1)) return n_buckets - 1;
        return place > 0 ? static_cast<std::size_t>(place) : 0;
    }
    void add(double logit, double weight) { sums_[bucket_of(logit) * Buckets::lanes] += weight; }
    /// Adds 1 for every entry of `row`, times `scale`, that is above -inf and no NaN.
    void count(std::span<const float> row, double scale);

    /// Where a pass over a row adds what it finds.
    Buckets buckets() { return {sums_.data(), per_nat_}; }
    /// What is in each bucket [n_buckets]. Valid until the next start().
    std::span<const double> totals();

    /// The smallest float x whose logit x * scale lies in bucket `last` or an earlier one.
    float lowest_in(std::size_t last, double scale) const;

private:
    double top_ = 0;
    double per_nat_ = 1;
    std::vector<double> sums_;
    std::vector<double> totals_;
};

/// The buckets within which a cut lies.
struct Bracket {
    std::size_t first = 0;  // what is in no bucket of [first, last] is dropped ...
    std::size_t last = Histogram::n_buckets - 1;
    std::size_t sure_first = 1;  // ... what is in [sure_first, sure_last] is kept, ...
    std::size_t sure_last = 0;   // (in none where sure_first > sure_last)
    double missing = 0;          // ... and the cheapest of the others reach this together.

    bool has_sure() const { return sure_first <= sure_last; }
};

/// Where the largest logits reach `target`, in buckets with `totals`.
Bracket bracket_from_top(std::span<const double> totals, double target);

/// A point in buckets below the top: 3.5 is the middle of bucket 3.
struct Around {
    double centre = 0;
    double end = 0;   // where the last bucket's entries end
    double blur = 0;  // how wrong a distance may be
};
/// Where those nearest to a point reach it.
Bracket bracket_around(std::span<const double> totals, double target, const Around& around);

}  // namespace fabula::sample
