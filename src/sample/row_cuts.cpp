// SPDX-License-Identifier: 0BSD
// The stages that keep some of a row. Each finds, by one pass, a band of logits that surely holds
// what it keeps; what the band holds is moved together; and the few tokens about which the pass
// could not say are looked at one by one.
#include "sample/float_order.h"
#include "sample/reference.h"
#include "sample/row.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace fabula::sample {
namespace {

constexpr std::size_t few = 1024;  // entries that are looked at one by one at once

constexpr float most = std::numeric_limits<float>::max();
constexpr Band everything{-most, most};

double reach_of(double p) {
    return std::max(0.0, p - reference::reach_slack);
}

bool always(double) {
    return true;
}

bool never(double) {
    return false;
}

// The smallest float whose logit, seen with `scale`, is not below `bound`.
float lowest_from(double bound, double scale) {
    return smallest_float([=](float x) { return static_cast<double>(x) * scale >= bound; });
}

}  // namespace

Band Row::band_of(std::size_t first, std::size_t last) const {
    Band band = everything;
    if (last + 1 < Histogram::n_buckets) band.low = histogram_.lowest_in(last, scale_);
    if (first > 0)
        band.high = std::nextafter(histogram_.lowest_in(first - 1, scale_), -infinite);
    return band;
}

// Makes the members of what is in play, but neither in `sure` nor, where it is changed, surely
// kept.
void Row::take_members(Band sure, const std::function<bool(double)>& is_sure) {
    members_.resize(size_);
    members_.resize(find_outside(row(), sure, members_.data()));
    const auto n_floats = static_cast<std::ptrdiff_t>(members_.size());
    for (const auto& entry : changed_) {
        if (!is_sure(entry.logit)) members_.push_back(entry.at);
    }
    std::inplace_merge(members_.begin(), members_.begin() + n_floats, members_.end());
    member_logits_.clear();
    for (const auto at : members_)
        member_logits_.push_back(logit_at(at));
}

// Drops what the histogram says is out, and makes the members of what it does not say is in.
void Row::keep_bracket(const Bracket& bracket) {
    keep_between(band_of(bracket.first, bracket.last), [&](double logit) {
        const std::size_t bucket = histogram_.bucket_of(logit);
        return bucket >= bracket.first && bucket <= bracket.last;
    });
    const Band sure =
        bracket.has_sure() ? band_of(bracket.sure_first, bracket.sure_last) : Band{};
    take_members(sure, [&](double logit) {
        const std::size_t bucket = histogram_.bucket_of(logit);
        return bucket >= bracket.sure_first && bucket <= bracket.sure_last;
    });
}

void Row::drop_members_beyond(const Cut& cut) {
    std::size_t ties = cut.ties;
    const auto own = own_row();
    for (std::size_t i = 0; i < members_.size(); ++i) {
        if (costs_[i] < cut.limit) continue;
        if (costs_[i] == cut.limit && ties > 0) {
            --ties;
            continue;
        }
        const std::uint32_t at = members_[i];
        if (own[at] >= top_x_) has_top_x_ = false;
        own[at] = -infinite;
    }
    std::erase_if(changed_, [&](const Changed& entry) { return own[entry.at] == -infinite; });
    is_weighed_ = false;
}

// Of the members the largest logits until they reach what is missing: in weight, or in number.
void Row::keep_cheapest_logits(double missing, bool by_weight) {
    assert(!members_.empty());
    const auto [low, high] = std::minmax_element(member_logits_.begin(), member_logits_.end());
    costs_.resize(members_.size());
    std::transform(member_logits_.begin(), member_logits_.end(), costs_.begin(),
                   [](double logit) { return -logit; });
    const double largest = *high;
    if (*low == largest) {  // a flat row has a vocabulary of equals
        double each = 1;
        if (by_weight) weigh(std::span(&largest, 1), top(), std::span(&each, 1));
        const double n = std::clamp(std::ceil(missing / each), 1.0,
                                    static_cast<double>(members_.size()));
        drop_members_beyond({-largest, static_cast<std::size_t>(n)});
        return;
    }
    weights_.resize(by_weight ? members_.size() : 0);
    if (by_weight) weigh(member_logits_, top(), weights_);
    drop_members_beyond(cuts_.find(costs_, weights_, missing, -largest));
}

void Row::keep_top_k(std::size_t k) {
    if (k >= size_) return;
    if (size_ <= few) {
        take_members({}, never);
        return keep_cheapest_logits(static_cast<double>(k), false);
    }
    maxima_.resize(size_ / maximum_block);
    if (8 * k <= maxima_.size()) {
        // k blocks have an entry at or above the k-th largest of the blocks' maxima: so has the
        // row.
        maxima_of(row(), maxima_);
        for (; maxima_.size() >= 16 * k; maxima_.resize(maxima_.size() / 2)) {
            for (std::size_t i = 0; i < maxima_.size() / 2; ++i)
                maxima_[i] = std::max(maxima_[2 * i], maxima_[2 * i + 1]);
        }
        const auto kth = maxima_.begin() + static_cast<std::ptrdiff_t>(k - 1);
        std::nth_element(maxima_.begin(), kth, maxima_.end(), std::greater<>{});
        const float bound = std::max(*kth, -most);
        keep_between({bound, most}, [lowest = static_cast<double>(bound) * scale_](double logit) {
            return logit >= lowest;
        });
        take_members({}, never);
        return keep_cheapest_logits(static_cast<double>(k), false);
    }
    histogram_.start(top(), lowest());
    histogram_.count(row(), scale_);
    for (const auto& entry : changed_)
        histogram_.add(entry.logit, 1);
    const auto bracket = bracket_from_top(histogram_.totals(), static_cast<double>(k));
    keep_bracket(bracket);
    keep_cheapest_logits(bracket.missing, false);
}

void Row::keep_top_p(double p) {
    if (p >= 1) return;
    if (size_ <= few) {
        const double target = reach_of(p) * mass().sum;
        take_members({}, never);
        return keep_cheapest_logits(target, true);
    }
    weigh_row(&histogram_);
    const auto bracket = bracket_from_top(histogram_.totals(), reach_of(p) * mass_.sum);
    keep_bracket(bracket);
    keep_cheapest_logits(bracket.missing, true);
}

void Row::keep_min_p(double ratio) {
    if (!(ratio > 0)) return;
    const double lowest = top() + std::log(ratio);
    keep_between({std::max(lowest_from(lowest, scale_), -most), most},
                 [=](double logit) { return logit >= lowest; });
}

void Row::keep_typical_p(double p) {
    if (p >= 1) return;
    if (size_ <= few) {
        mass();
    } else {
        weigh_row(&histogram_);
    }
    const double target = reach_of(p) * mass_.sum;
    // A token's surprise is log_sum - (logit - top); it costs its distance from the mean surprise.
    const double highest = top();
    const double logit_of_mean = highest + mass_.log_sum() - mass_.entropy();
    double missing = target;
    if (size_ <= few) {
        take_members({}, never);
    } else {
        // Distances are rounded to the grid of surprises, and by the doubles before that.
        const double blur = 0x1p-29 + 0x1p-48 * (std::abs(highest) + std::abs(logit_of_mean));
        const double per_nat = histogram_.per_nat();
        const auto bracket =
            bracket_around(histogram_.totals(), target, (highest - logit_of_mean) * per_nat,
                           blur * per_nat + 0x1p-20);
        missing = bracket.missing;
        keep_bracket(bracket);
    }
    assert(!members_.empty());
    const auto cost_of = [=](double logit) {
        return reference::on_surprise_grid(std::abs(logit_of_mean - logit));
    };
    costs_.resize(members_.size());
    std::transform(member_logits_.begin(), member_logits_.end(), costs_.begin(), cost_of);
    weights_.resize(members_.size());
    weigh(member_logits_, highest, weights_);
    drop_members_beyond(
        cuts_.find(costs_, weights_, missing, *std::min_element(costs_.begin(), costs_.end())));
}

void Row::keep_greedy() {
    const double largest = top();
    keep_between({lowest_from(largest, scale_), most},
                 [=](double logit) { return logit >= largest; });
    take_members({}, never);
    keep_cheapest_logits(1, false);
}

}  // namespace fabula::sample
