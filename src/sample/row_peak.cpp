// SPDX-License-Identifier: 0BSD
// top_p where few tokens stand near the largest logit, as in most rows that a model gives: those
// few are weighed exactly, all others roughly, and where the cut is the same whatever the rough sum
// may hide, it is the exact one.
#include "sample/float_order.h"
#include "sample/reference.h"
#include "sample/row.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fabula::sample {
namespace {

constexpr double near = 12;  // nats: what lies farther below the top is weighed roughly
constexpr std::size_t tried = block_size;  // entries that say whether few are near
constexpr std::size_t few_in = 8;          // one in so many
constexpr double rough = 0x1p-15;          // how wrong they are at most
constexpr double rounding = 0x1p-40;       // and the order in which doubles are added up

}  // namespace

// The tokens of at least `lowest`, whose first float is `bound`, become members with their logits
// and weights; gives whether there are few of them.
bool Row::take_peak(double lowest, float bound) {
    const float below = std::nextafter(bound, -infinite);
    const auto first = row().first(std::min(tried, size_));
    if (count_above(first, below) > first.size() / few_in) return false;
    find_members({-std::numeric_limits<float>::max(), below},
                 [=](double logit) { return logit < lowest; });
    if (n_members_ == 0 || n_members_ > size_ / few_in) return false;
    logits_.resize(n_members_);
    costs_.resize(n_members_);
    weights_.resize(n_members_);
    for (std::size_t i = 0; i < n_members_; ++i) {
        logits_[i] = logit_at(members_[i]);
        costs_[i] = -logits_[i];
    }
    return true;
}

// Whether the likeliest that reach `reach` of the mass could be found so; if not, nothing changed.
bool Row::keep_peak(double reach) {
    const double highest = top();
    const double lowest = highest - near;
    const double scale = scale_;
    const float bound =
        smallest_float([=](float x) { return static_cast<double>(x) * scale >= lowest; });
    if (!take_peak(lowest, bound)) return false;

    double exact = weigh(logits_, highest, weights_).sum;
    double far = 0;
    for (const auto& entry : changed_) {
        double weight = 0;
        if (entry.logit < lowest) weigh(std::span(&entry.logit, 1), highest, std::span(&weight, 1));
        far += weight;
    }
    const double top_logit = static_cast<double>(top_x_) * scale;  // what is changed may be larger
    double top_weight = 0;
    weigh(std::span(&top_logit, 1), highest, std::span(&top_weight, 1));
    // What counts as e^-50 there is less than the rounding.
    const double roughly =
        top_weight * rough_mass_below(row(), static_cast<float>(scale), top_x_, bound);
    const double least = (exact + far) * (1 - rounding) + roughly * (1 - rough);
    const double most = (exact + far) * (1 + rounding) + roughly * (1 + rough);
    if (!(reach * most < exact)) return false;
    const double cheapest = *std::min_element(costs_.begin(), costs_.end());
    const Cut cut = cuts_.find(costs_, weights_, reach * least, cheapest);
    const Cut other = cuts_.find(costs_, weights_, reach * most, cheapest);
    if (cut.limit != other.limit || cut.ties != other.ties) return false;
    keep_members(cut);
    return true;
}

// Moves the members that a cut of costs_ keeps to the front; all else is gone.
void Row::keep_members(const Cut& cut) {
    const float* const from = row_;
    if (own_.size() < size_ + pack_room) own_.resize(size_ + pack_room);
    if (ids_.size() < own_.size()) ids_.resize(own_.size());
    changed_.clear();
    std::size_t n_kept = 0;
    std::size_t ties = cut.ties;
    for (std::size_t i = 0; i < n_members_; ++i) {
        const bool ties_in = costs_[i] == cut.limit && ties > 0;
        ties -= ties_in ? 1 : 0;
        if (!(costs_[i] < cut.limit) && !ties_in) continue;
        // n_kept <= members_[i]: what is written over has been read.
        const std::size_t at = members_[i];
        if (std::isnan(from[at]))
            changed_.push_back({static_cast<std::uint32_t>(n_kept), logits_[i]});
        ids_[n_kept] = token_at(at);
        own_[n_kept++] = from[at];
    }
    row_ = own_.data();
    size_ = n_kept;
    has_ids_ = true;
    has_top_x_ = false;
    is_weighed_ = false;
}

}  // namespace fabula::sample
