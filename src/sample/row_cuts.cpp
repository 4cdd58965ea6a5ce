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
#include <functional>
#include <limits>
#include <numbers>

namespace fabula::sample {
namespace {

constexpr std::size_t few = 1024;  // entries that are looked at one by one at once

constexpr float most = std::numeric_limits<float>::max();
constexpr Band everything{-most, most};

// Above 0, so that the first token is always needed to come there.
double reach_of(double p) {
    return std::max(std::numeric_limits<double>::min(), p - reference::reach_slack);
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
    if (first > 0) band.high = std::nextafter(histogram_.lowest_in(first - 1, scale_), -infinite);
    return band;
}

// Makes members of what is in play, but not in `sure`, nor, where it is changed, surely kept. Where
// they all have one and the same float, as a flat row has a vocabulary of, only that is noted.
void Row::take_members(Band sure, const std::function<bool(double)>& is_sure) {
    equal_members_.reset();
    if (size_ > few &&
        std::ranges::all_of(changed_, [&](const Changed& entry) { return is_sure(entry.logit); })) {
        const auto outside = extremes_outside(row(), sure);
        if (outside.top == outside.low) {
            equal_members_ = outside.top;
            return;
        }
    }
    find_members(sure, is_sure);
}

// The same, one by one.
void Row::find_members(Band sure, const std::function<bool(double)>& is_sure) {
    equal_members_.reset();
    if (members_.size() < size_ + 1) members_.resize(size_ + 1);
    n_members_ = 0;
    for (const auto& entry : changed_) {
        if (!is_sure(entry.logit)) members_[n_members_++] = entry.at;
    }
    const auto begin = members_.begin();
    const auto changed_end = begin + static_cast<std::ptrdiff_t>(n_members_);
    n_members_ += find_outside(row(), sure, members_.data() + n_members_);
    std::inplace_merge(begin, changed_end, begin + static_cast<std::ptrdiff_t>(n_members_));
}

// Drops what the histogram says is out, and makes members of what it does not say is in.
void Row::keep_bracket(const Bracket& bracket) {
    keep_between(band_of(bracket.first, bracket.last), [&](double logit) {
        const std::size_t bucket = histogram_.bucket_of(logit);
        return bucket >= bracket.first && bucket <= bracket.last;
    });
    const Band sure = bracket.has_sure() ? band_of(bracket.sure_first, bracket.sure_last) : Band{};
    take_members(sure, [&](double logit) {
        const std::size_t bucket = histogram_.bucket_of(logit);
        return bucket >= bracket.sure_first && bucket <= bracket.sure_last;
    });
}

// Of the members the cheapest, of equal ones the first, until they reach what is missing: in weight
// or in number.
template <typename CostOf>
void Row::keep_cheapest_members(double missing, Reach reach, CostOf&& cost_of) {
    if (equal_members_) return keep_first_members(missing, reach);
    assert(n_members_ > 0);
    const std::span members(members_.data(), n_members_);
    logits_.resize(n_members_);
    costs_.resize(n_members_);
    for (std::size_t i = 0; i < n_members_; ++i) {
        logits_[i] = logit_at(members[i]);
        costs_[i] = cost_of(logits_[i]);
    }
    weights_.resize(reach == Reach::weight ? n_members_ : 0);
    if (reach == Reach::weight) weigh(logits_, mass_top_, weights_);
    const Cut cut =
        cuts_.find(costs_, weights_, missing, *std::min_element(costs_.begin(), costs_.end()));

    std::size_t ties = cut.ties;
    std::size_t n_dropped = 0;
    const auto own = own_row();
    for (std::size_t i = 0; i < n_members_; ++i) {
        const bool ties_in = costs_[i] == cut.limit && ties > 0;
        ties -= ties_in ? 1 : 0;
        if (costs_[i] < cut.limit || ties_in) continue;
        if (own[members[i]] >= top_x_) has_top_x_ = false;
        own[members[i]] = -infinite;
        ++n_dropped;
    }
    std::erase_if(changed_, [&](const Changed& entry) { return own[entry.at] == -infinite; });
    is_weighed_ = false;
    if (2 * n_dropped > size_) move_together(everything);
}

// The same where all members are equal: they cost the same, whatever that is.
void Row::keep_first_members(double missing, Reach reach) {
    const double logit = static_cast<double>(*equal_members_) * scale_;
    double each = 1;
    if (reach == Reach::weight) weigh(std::span(&logit, 1), mass_top_, std::span(&each, 1));
    const std::size_t n = count_equal(row(), *equal_members_);
    const double n_kept = std::max(1.0, std::ceil(missing / each));
    if (!(n_kept < static_cast<double>(n))) return;
    drop_equal(own_row(), *equal_members_, static_cast<std::size_t>(n_kept));
    is_weighed_ = false;
    if (2 * (static_cast<double>(n) - n_kept) > static_cast<double>(size_))
        move_together(everything);
}

// Drops all members but the last, by (logit descending, id ascending).
void Row::keep_dearest_member() {
    if (!equal_members_ && n_members_ < 2) return;
    const auto own = own_row();
    has_top_x_ = false;
    is_weighed_ = false;
    if (equal_members_) {
        const float x = *equal_members_;
        std::size_t last = own.size();
        while (own[--last] != x) {
        }
        row_kernels().replace(own.data(), last, x, -infinite);
        return;
    }
    std::size_t dearest = 0;
    for (std::size_t i = 1; i < n_members_; ++i) {
        if (logit_at(members_[i]) <= logit_at(members_[dearest])) dearest = i;
    }
    for (std::size_t i = 0; i < n_members_; ++i) {
        if (i != dearest) own[members_[i]] = -infinite;
    }
    std::erase_if(changed_, [&](const Changed& entry) { return own[entry.at] == -infinite; });
    if (2 * n_members_ > size_) move_together(everything);
}

void Row::keep_top_k(std::size_t k) {
    if (k >= size_) return;
    const auto target = static_cast<double>(k);
    const auto cost_of = [](double logit) { return -logit; };
    if (size_ <= few) {
        take_members({}, never);
        return keep_cheapest_members(target, Reach::number, cost_of);
    }
    // Not lowest(): what a penalty pressed far down must not widen the buckets. It is in the last.
    double bound = static_cast<double>(low_x_) * scale_;
    maxima_.resize(size_ / maximum_block);
    maxima_of(row(), maxima_);
    if (8 * k <= maxima_.size()) return keep_top_few(k);
    if (k <= maxima_.size()) {
        const double least = *std::min_element(maxima_.begin(), maxima_.end());
        bound = std::max(bound, least * scale_);
    }
    histogram_.start(top(), bound, Histogram::Width::any);
    histogram_.count(row(), scale_);
    for (const auto& entry : changed_)
        histogram_.add(entry.logit, 1);
    const auto bracket = bracket_from_top(histogram_.totals(), target);
    keep_bracket(bracket);
    keep_cheapest_members(bracket.missing, Reach::number, cost_of);
}

// By the maxima of blocks. k blocks have an entry at or above the k-th largest of the maxima: so
// has the row.
void Row::keep_top_few(std::size_t k) {
    // Wider blocks while there are enough: fewer maxima to order.
    for (; maxima_.size() >= 16 * k; maxima_.resize(maxima_.size() / 2)) {
        for (std::size_t i = 0; i < maxima_.size() / 2; ++i)
            maxima_[i] = std::max(maxima_[2 * i], maxima_[2 * i + 1]);
    }
    const auto kth = maxima_.begin() + static_cast<std::ptrdiff_t>(k - 1);
    std::nth_element(maxima_.begin(), kth, maxima_.end(), std::greater<>{});
    const float bound = std::max(*kth, -most);
    const double lowest = static_cast<double>(bound) * scale_;
    keep_between({bound, most}, [=](double logit) { return logit >= lowest; });

    // Where fewer than k lie above it, they all stay, and a flat row's equals at it share the rest.
    const auto is_above = [=](double logit) { return logit > lowest; };
    const std::size_t n_above = count_above(row(), bound) +
                                static_cast<std::size_t>(std::count_if(
                                    changed_.begin(), changed_.end(),
                                    [&](const Changed& entry) { return is_above(entry.logit); }));
    const bool stay = n_above < k;
    take_members(stay ? Band{std::nextafter(bound, infinite), most} : Band{},
                 [&](double logit) { return stay && is_above(logit); });
    if (stay && !equal_members_ && n_members_ == 0) return;  // fewer than k are in play
    keep_cheapest_members(static_cast<double>(stay ? k - n_above : k), Reach::number,
                          [](double logit) { return -logit; });
}

void Row::keep_top_p(double p) {
    if (p >= 1) return;
    const auto cost_of = [](double logit) { return -logit; };
    if (size_ <= few) {
        const double target = reach_of(p) * mass().sum;
        take_members({}, never);
        return keep_cheapest_members(target, Reach::weight, cost_of);
    }
    if (keep_peak(reach_of(p))) return;
    weigh_row(&histogram_);
    const auto bracket = bracket_from_top(histogram_.totals(), reach_of(p) * mass_.sum);
    keep_bracket(bracket);
    keep_cheapest_members(bracket.missing, Reach::weight, cost_of);
}

void Row::keep_typical_p(double p) {
    if (p >= 1) return;
    is_from_top_ = false;
    const bool is_short = size_ <= few;
    if (is_short) {
        mass();
    } else {
        weigh_row(&histogram_);
    }
    const double target = reach_of(p) * mass_.sum;
    // A token's surprise is log_sum - (logit - top); it costs its distance from the mean surprise.
    const double highest = top();
    const double logit_of_mean = highest + mass_.log_sum() - mass_.entropy();
    const auto cost_of = [=](double logit) {
        return reference::on_surprise_grid(std::abs(logit_of_mean - logit));
    };
    if (is_short) {
        take_members({}, never);
        return keep_cheapest_members(target, Reach::weight, cost_of);
    }
    // Distances are rounded to the grid of surprises, and by the doubles before that.
    const double per_nat = histogram_.per_nat();
    const double blur = 0x1p-29 + 0x1p-48 * (std::abs(highest) + std::abs(logit_of_mean));
    const auto bracket = bracket_around(histogram_.totals(), target,
                                        {.centre = (highest - logit_of_mean) * per_nat,
                                         .end = (highest - lowest()) * per_nat,
                                         .blur = blur * per_nat + 0x1p-20});
    keep_bracket(bracket);
    keep_cheapest_members(bracket.missing, Reach::weight, cost_of);
}

// Keeps the logits of at least `lowest`, which the largest is.
void Row::keep_from(double lowest) {
    keep_between({std::max(lowest_from(lowest, scale_), -most), most},
                 [=](double logit) { return logit >= lowest; });
}

void Row::keep_min_p(double ratio) {
    if (ratio > 0) keep_from(top() + std::log(ratio));
}

void Row::keep_epsilon(double epsilon) {
    if (!(epsilon > 0)) return;
    const double log_sum = mass().log_sum();
    keep_from(top() + std::min(0.0, log_sum + std::log(epsilon) - reference::reach_slack));
}

void Row::keep_eta(double epsilon) {
    if (!(epsilon > 0)) return;
    const double entropy = mass().entropy();
    keep_epsilon(std::min(epsilon, std::sqrt(epsilon) * std::exp(-entropy)));
}

void Row::keep_top_n_sigma(double n) {
    if (!(n > 0)) return;
    const Frame seen = frame();
    Moments all = moments_of(row(), seen);
    for (const auto& entry : changed_) {
        const double distance = entry.logit - seen.top;
        all.n += 1;
        all.sum += distance;
        all.squares += distance * distance;
    }
    const double mean = all.sum / all.n;
    const double sigma = std::sqrt(std::max(0.0, all.squares / all.n - mean * mean));
    keep_from(seen.top - n * sigma * (1 + reference::sigma_slack));
}

void Row::keep_xtc(double threshold) {
    is_from_top_ = false;
    const double expected =
        threshold > 0 ? top() + mass().log_sum() + std::log(threshold) - reference::reach_slack
                      : -std::numeric_limits<double>::infinity();
    const float lowest_expected = std::max(lowest_from(expected, scale_), -most);
    take_members({-most, std::nextafter(lowest_expected, -infinite)},
                 [=](double logit) { return logit < expected; });
    // Of all that are expected the last, by (logit descending, id ascending), stays.
    keep_dearest_member();
}

void Row::keep_below_surprise(double bits) {
    const double log_sum = mass().log_sum();
    const double surprise = bits * std::numbers::ln2;
    keep_from(top() + std::min(0.0, log_sum - surprise - reference::reach_slack));
}

void Row::keep_greedy() {
    const double largest = top();
    keep_between({lowest_from(largest, scale_), most},
                 [=](double logit) { return logit >= largest; });
    take_members({}, never);
    keep_cheapest_members(1, Reach::number, [](double logit) { return -logit; });
}

}  // namespace fabula::sample
