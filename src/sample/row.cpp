// SPDX-License-Identifier: 0BSD
#include "sample/row.h"

#include "sample/settings.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace fabula::sample {

void Row::assign(std::span<const float> logits, const Extremes& extremes) {
    row_ = logits.data();
    size_ = logits.size();
    has_ids_ = false;
    changed_.clear();
    scale_ = 1;
    is_from_top_ = true;
    top_x_ = extremes.top;
    low_x_ = extremes.low;
    has_top_x_ = true;
    is_weighed_ = false;
}

// The row, to be written to.
std::span<float> Row::own_row() {
    if (own_.size() < size_ + pack_room) own_.resize(size_ + pack_room);
    if (row_ != own_.data()) {
        std::copy_n(row_, size_, own_.data());
        row_ = own_.data();
    }
    return {own_.data(), size_};
}

void Row::ban(TokenId token) {
    assert(changed_.empty());
    const std::size_t at = place_of(token);
    if (at >= size_ || row_[at] == -infinite) return;
    if (row_[at] >= top_x_) has_top_x_ = false;
    own_row()[at] = -infinite;
    is_weighed_ = false;
    is_from_top_ = false;
}

bool Row::is_empty() {
    return size_ == 0 || std::isinf(top());
}

std::size_t Row::place_of(TokenId token) const {
    if (token < 0) return size_;
    if (!has_ids_) return std::min(static_cast<std::size_t>(token), size_);
    const auto end = ids_.begin() + static_cast<std::ptrdiff_t>(size_);
    const auto found = std::lower_bound(ids_.begin(), end, token);
    return found == end || *found != token ? size_ : static_cast<std::size_t>(found - ids_.begin());
}

TokenId Row::token_at(std::size_t at) const {
    return has_ids_ ? ids_[at] : static_cast<TokenId>(at);
}

double Row::logit_at(std::size_t at) const {
    if (!std::isnan(row_[at])) return static_cast<double>(row_[at]) * scale_;
    return std::lower_bound(changed_.begin(), changed_.end(), at,
                            [](const Changed& entry, std::size_t i) { return entry.at < i; })
        ->logit;
}

// The entry of `changed`, ascending, that stands for place `at`; null where none does.
Row::Changed* Row::changed_at(std::span<Changed> changed, std::size_t at) {
    const auto found =
        std::lower_bound(changed.begin(), changed.end(), at,
                         [](const Changed& entry, std::size_t i) { return entry.at < i; });
    return found == changed.end() || found->at != at ? nullptr : &*found;
}

void Row::set_changed(std::size_t at, double logit) {
    if (row_[at] >= top_x_) has_top_x_ = false;
    own_row()[at] = std::numeric_limits<float>::quiet_NaN();
    is_from_top_ = false;
    changed_.push_back({static_cast<std::uint32_t>(at), logit});
}

// Puts what was changed behind the first `n_before` where it belongs.
void Row::merge_changed(std::size_t n_before) {
    const auto middle = changed_.begin() + static_cast<std::ptrdiff_t>(n_before);
    std::inplace_merge(changed_.begin(), middle, changed_.end(),
                       [](const Changed& a, const Changed& b) { return a.at < b.at; });
}

void Row::scale(double factor) {
    assert(scale_ == 1);
    if (factor == 1) return;
    scale_ = factor;
    for (auto& entry : changed_)
        entry.logit *= factor;
    is_weighed_ = false;
}

void Row::measure() {
    if (has_top_x_) return;
    const auto found = extremes_of(row());
    top_x_ = found.top;
    low_x_ = found.low;
    has_top_x_ = true;
}

double Row::top() {
    measure();
    double top = static_cast<double>(top_x_) * scale_;
    for (const auto& entry : changed_)
        top = std::max(top, entry.logit);
    return top;
}

// No logit in play is lower.
double Row::lowest() {
    double lowest = static_cast<double>(low_x_) * scale_;
    for (const auto& entry : changed_)
        lowest = std::min(lowest, entry.logit);
    return lowest;
}

std::size_t Row::n_in_play() const {
    return count_above(row(), -infinite) + changed_.size();
}

double Row::dynamic_temperature(double temperature, double range, double exponent) {
    const double lowest = std::max(lowest_temperature, temperature - range);
    const double highest = temperature + range;
    const std::size_t n = n_in_play();
    if (n < 2) return lowest;
    const double share = std::min(1.0, mass().entropy() / std::log(static_cast<double>(n)));
    return lowest + (highest - lowest) * std::pow(share, exponent);
}

// Weighs what is in play; into the buckets, too, where a histogram is given.
void Row::weigh_row(Histogram* histogram) {
    const Frame seen = frame();
    if (histogram) histogram->start(seen.top, lowest());
    block_sums_.resize(n_blocks_of(size_));
    mass_top_ = seen.top;
    mass_ = mass_of(row(), seen, block_sums_, histogram);
    if (!changed_.empty()) {
        logits_.clear();
        for (const auto& entry : changed_)
            logits_.push_back(entry.logit);
        weights_.resize(changed_.size());
        mass_.moment += weigh(logits_, seen.top, weights_).moment;
        for (std::size_t i = 0; i < changed_.size(); ++i) {
            block_sums_[changed_[i].at / block_size] += weights_[i];
            if (histogram) histogram->add(logits_[i], weights_[i]);
        }
        mass_.sum = 0;
        for (const double sum : block_sums_)
            mass_.sum += sum;
    }
    is_weighed_ = true;
}

const Mass& Row::mass() {
    assert(size_ > 0);
    if (!is_weighed_) weigh_row(nullptr);
    return mass_;
}

double Row::logprob(TokenId token) {
    const double log_sum = mass().log_sum();
    return logit_at(place_of(token)) - mass_top_ - log_sum;
}

std::optional<std::size_t> Row::rank(TokenId token) const {
    if (!is_from_top_) return std::nullopt;
    const std::size_t at = place_of(token);
    return count_above(row(), row_[at]) + count_equal(row().first(at), row_[at]);
}

// The weights of one block of what is in play.
std::span<const double> Row::block_weights(std::size_t block) {
    const std::size_t begin = block * block_size;
    const std::size_t end = std::min(begin + block_size, size_);
    const Frame seen{scale_, mass_top_};
    block_weights_.resize(end - begin);
    weigh(row().subspan(begin, end - begin), seen, block_weights_);
    for (const auto& entry : changed_) {
        if (entry.at < begin || entry.at >= end) continue;
        double weight = 0;
        weigh(std::span(&entry.logit, 1), seen.top, std::span(&weight, 1));
        block_weights_[entry.at - begin] = weight;
    }
    return block_weights_;
}

Row::Found Row::find(double share) {
    const double target = share * mass().sum;
    double passed = 0;
    bool is_beyond = false;
    std::size_t block = 0;
    for (std::size_t b = 0; b < block_sums_.size() && !is_beyond; ++b) {
        is_beyond = passed + block_sums_[b] > target;
        if (block_sums_[b] > 0) block = b;
        if (!is_beyond) passed += block_sums_[b];
    }
    // Where rounding leaves the sum at the target: the last token that weighs anything.
    const auto weights = block_weights(block);
    std::size_t found = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (weights[i] > 0) found = i;
        passed += weights[i];
        if (is_beyond && passed > target) break;
    }
    const std::size_t at = block * block_size + found;
    return {token_at(at), logit_at(at) - mass_top_ - mass_.log_sum()};
}

// Takes out of play what a predicate does not let stay.
void Row::drop_changed(const std::function<bool(double)>& stays) {
    std::erase_if(changed_, [&](const Changed& entry) {
        if (stays(entry.logit)) return false;
        own_[entry.at] = -infinite;
        return true;
    });
}

// Keeps the floats in `band`, and of what is changed the logits that stay.
void Row::keep_between(Band band, const std::function<bool(double)>& stays) {
    const std::size_t n_changed = changed_.size();
    drop_changed(stays);
    if (changed_.size() < n_changed) is_weighed_ = false;
    if (band.low <= low_x_ && band.high >= top_x_) return;
    is_weighed_ = false;
    move_together(band);
    low_x_ = std::max(low_x_, band.low);
    if (band.high < top_x_ || band.low > top_x_) has_top_x_ = false;
}

// Moves the floats in `band`, and the changed, to the front; the others are gone.
void Row::move_together(Band band) {
    const float* from = row_;
    if (own_.size() < size_ + pack_room) own_.resize(size_ + pack_room);
    if (ids_.size() < own_.size()) ids_.resize(own_.size());
    size_ = pack({from, size_}, has_ids_ ? ids_.data() : nullptr, band, own_.data(), ids_.data());
    row_ = own_.data();
    has_ids_ = true;
    if (changed_.empty()) return;
    if (members_.size() < size_) members_.resize(size_);
    [[maybe_unused]] const std::size_t n_found = find_nan(row(), members_.data());
    assert(n_found == changed_.size());
    for (std::size_t i = 0; i < changed_.size(); ++i)
        changed_[i].at = members_[i];
}

}  // namespace fabula::sample
