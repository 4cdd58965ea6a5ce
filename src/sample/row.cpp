// SPDX-License-Identifier: 0BSD
#include "sample/row.h"

#include "sample/reference.h"
#include "sample/scan.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

namespace fabula::sample {
namespace {

constexpr std::size_t block = 32;  // entries whose maximum top_k looks at first

double reach_of(double p) {
    return std::max(0.0, p - reference::reach_slack);
}

constexpr double banned = -std::numeric_limits<double>::infinity();

// Four comparisons at a time: one after the other each would wait for the last.
double largest(const double* at, std::size_t n) {
    const double* end = at + n;
    double top[4] = {*at, *at, *at, *at};
    for (; end - at >= 4; at += 4) {
        for (int lane = 0; lane < 4; ++lane)
            top[lane] = top[lane] < at[lane] ? at[lane] : top[lane];
    }
    for (; at < end; ++at)
        top[0] = std::max(top[0], *at);
    return std::max(std::max(top[0], top[1]), std::max(top[2], top[3]));
}

}  // namespace

void Row::assign(std::span<const float> logits, float top) {
    ids_.resize(logits.size());
    std::iota(ids_.begin(), ids_.end(), 0);
    logits_.resize(logits.size());
    double* to = logits_.data();
    has_banned_ = false;
    for (const float logit : logits) {
        has_banned_ |= logit < std::numeric_limits<float>::lowest();
        *to++ = static_cast<double>(logit);
    }
    top_ = static_cast<double>(top);
    has_top_ = true;
    is_weighed_ = false;
}

void Row::ban(TokenId token) {
    change(token, [](double) { return banned; });
    has_banned_ = true;
}

void Row::drop_banned() {
    const double* logit = logits_.data();
    if (has_banned_) keep([=](std::size_t i) { return logit[i] != banned; });
    has_banned_ = false;
}

std::size_t Row::find(TokenId token) const {
    // While nothing has been dropped a token stands at its own index.
    const auto at = static_cast<std::size_t>(token);
    if (token >= 0 && at < ids_.size() && ids_[at] == token) return at;
    const auto found = std::lower_bound(ids_.begin(), ids_.end(), token);
    if (found == ids_.end() || *found != token) return ids_.size();
    return static_cast<std::size_t>(found - ids_.begin());
}

double Row::top() {
    if (!has_top_) top_ = largest(logits_.data(), logits_.size());
    has_top_ = true;
    return top_;
}

// Keeps the entries for which is_wanted(i) and then stays(i), asked in order, hold; their weights
// move with them, while their mass is no longer known.
template <typename IsWanted, typename Stays>
void Row::keep(IsWanted&& is_wanted, Stays&& stays) {
    TokenId* id = ids_.data();
    double* logit = logits_.data();
    double* weight = is_weighed_ ? weights_.data() : nullptr;
    std::size_t kept = 0;
    take_where(size(), is_wanted, [&](std::size_t i) {
        if (!stays(i)) return;
        id[kept] = id[i];  // kept <= i: entries not yet asked about stand where they stood
        logit[kept] = logit[i];
        if (weight) weight[kept] = weight[i];
        ++kept;
    });
    if (kept == ids_.size()) return;
    if (is_weighed_) weights_.resize(kept);
    is_weighed_ = false;
    ids_.resize(kept);
    logits_.resize(kept);
}

template <typename IsWanted>
void Row::keep(IsWanted&& is_wanted) {
    keep(is_wanted, [](std::size_t) { return true; });
}

void Row::scale(double factor) {
    double* logit = logits_.data();
    for (std::size_t i = 0; i < logits_.size(); ++i)
        logit[i] *= factor;
    top_ *= factor;
    is_weighed_ = false;
}

const Mass& Row::mass() {
    assert(!ids_.empty());
    if (!is_weighed_) {
        weights_.resize(logits_.size());
        mass_ = weigh(logits_, top(), weights_);
        is_weighed_ = true;
    }
    return mass_;
}

void Row::keep_up_to(const Cut& cut) {
    const double* cost = costs_.data();
    std::size_t ties = cut.ties;
    keep([=, limit = cut.limit](std::size_t i) { return cost[i] <= limit; },
         [&](std::size_t i) {
             if (cost[i] < cut.limit) return true;
             if (ties == 0) return false;
             --ties;
             return true;
         });
}

void Row::keep_from(double lowest_logit) {
    const double* logit = logits_.data();
    keep([=](std::size_t i) { return logit[i] >= lowest_logit; });
}

// Costs by logit, not by weight: two small weights may be equal where their logits are not.
void Row::cost_by_logit() {
    costs_.resize(size());
    for (std::size_t i = 0; i < size(); ++i)
        costs_.data()[i] = -logits_.data()[i];
}

void Row::keep_top_k(std::size_t k) {
    if (k >= size()) return;
    if (const std::size_t n_blocks = size() / block; k <= n_blocks) {
        // k blocks have an entry at or above the k-th largest of the blocks' maxima: so has the
        // row.
        costs_.resize(n_blocks);
        for (std::size_t b = 0; b < n_blocks; ++b)
            costs_[b] = largest(logits_.data() + b * block, block);
        const auto kth = costs_.begin() + static_cast<std::ptrdiff_t>(k - 1);
        std::nth_element(costs_.begin(), kth, costs_.end(), std::greater<>{});
        keep_from(*kth);
    }
    cost_by_logit();
    keep_up_to(cuts_.find(costs_, {}, static_cast<double>(k), -top()));
}

// A weight below this, times all there are, is less than what need not be reached: the others alone
// reach the target.
double Row::negligible(double target) const {
    return (mass_.sum - target) / static_cast<double>(size());
}

void Row::keep_heavier(double least) {
    const double* weight = weights_.data();
    keep([=](std::size_t i) { return weight[i] >= least; });
}

void Row::keep_top_p(double p) {
    if (p >= 1) return;
    const double target = reach_of(p) * mass().sum;
    keep_heavier(negligible(target));
    cost_by_logit();
    keep_up_to(cuts_.find(costs_, weights_, target, -top()));
}

void Row::keep_min_p(double ratio) {
    if (ratio > 0) keep_from(top() + std::log(ratio));
}

void Row::keep_typical_p(double p) {
    if (p >= 1) return;
    const Mass all = mass();
    const double mean = all.entropy();
    const double target = reach_of(p) * all.sum;
    // A token's surprise is log_sum - (logit - top); it costs its distance from the mean surprise.
    // The negligible cost most where they lie farther above the mean than 0 lies below it.
    const double least = negligible(target);
    if (2 * mean < all.log_sum() - std::log(least) - 1e-6) keep_heavier(least);
    const double logit_of_mean = top_ + all.log_sum() - mean;
    costs_.resize(size());
    for (std::size_t i = 0; i < size(); ++i)
        costs_.data()[i] = reference::on_surprise_grid(std::abs(logit_of_mean - logits_.data()[i]));
    keep_up_to(cuts_.find(costs_, weights_, target, 0));
    has_top_ = false;  // the likeliest token need not be a typical one
}

void Row::keep_greedy() {
    const double* logit = logits_.data();
    bool is_found = false;
    keep([=, largest = top()](std::size_t i) { return logit[i] == largest; },
         [&](std::size_t) { return !std::exchange(is_found, true); });
}

}  // namespace fabula::sample
