// SPDX-License-Identifier: 0BSD
// The tokens still in play while a row of logits passes through the stages, ascending by id.
// `reference.h` says what each stage means; this is the fast way there.
//
// The row stays floats, and the caller's as long as nothing is dropped. What the stages do to all
// logits alike is a factor; the logits that a penalty or bias changed stand in a short list; only
// where few are left does anything look at tokens one by one. Scratch is kept: no allocation once
// a row of that size has been seen.
#pragma once

#include "base/token.h"
#include "sample/cut.h"
#include "sample/exponential.h"
#include "sample/histogram.h"
#include "sample/passes.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace fabula::sample {

class Row {
public:
    /// Starts over with all of `logits` (finite or -inf), which have these extremes and stay where
    /// they are until the next call.
    void assign(std::span<const float> logits, const Extremes& extremes);
    /// Takes a token out of play; one that is not in the row is passed over.
    void ban(TokenId token);
    bool is_empty();

    /// Replaces the logit of each of `tokens`, ascending, where it is in play, by change(token,
    /// logit).
    template <typename Change>
    void change(std::span<const TokenId> tokens, Change&& change);
    /// Multiplies every logit by `factor` > 0. Once a row.
    void scale(double factor);

    // The stages. Each requires a token in play and leaves one at least.
    void keep_top_k(std::size_t k);
    void keep_top_p(double p);
    void keep_min_p(double ratio);
    void keep_typical_p(double p);
    void keep_epsilon(double epsilon);
    void keep_eta(double epsilon);
    void keep_top_n_sigma(double n);
    void keep_xtc(double threshold);
    void keep_below_surprise(double bits);
    /// Keeps the largest logit alone.
    void keep_greedy();

    /// What the tokens in play weigh together.
    const Mass& mass();
    /// The temperature that dynamic temperature has for what is in play, at least
    /// lowest_temperature.
    double dynamic_temperature(double temperature, double range, double exponent);

    /// A token in play, and the natural log of its share of the mass, exact also where its weight
    /// is 0.
    struct Found {
        TokenId token;
        double logprob;
    };
    /// The first token, ascending by id, up to which the weights together exceed `share`, in [0,
    /// 1), of the mass.
    Found find(double share);

    /// Calls take(token, weight) for every token in play, ascending by id: its probability is its
    /// share of mass().sum.
    template <typename Take>
    void for_each(Take&& take);

    /// The same with take(token, logit - the largest logit at the last mass()).
    template <typename Take>
    void for_each_logit(Take&& take) const;
    /// The natural log of the share of the mass that `token`, which is in play, has.
    double logprob(TokenId token);
    /// How many tokens of the row, as it was assigned, have a larger logit than `token`, which is
    /// in play, or the same and a lower id; empty where the tokens in play do not say.
    std::optional<std::size_t> rank(TokenId token) const;

private:
    struct Changed {
        std::uint32_t at;  // where the row has a NaN
        double logit;
    };

    std::size_t place_of(TokenId token) const;
    TokenId token_at(std::size_t at) const;
    double logit_at(std::size_t at) const;
    std::span<const float> row() const { return {row_, size_}; }
    std::span<float> own_row();
    static Changed* changed_at(std::span<Changed> changed, std::size_t at);
    void set_changed(std::size_t at, double logit);
    void merge_changed(std::size_t n_before);
    double top();
    double lowest();
    std::size_t n_in_play() const;
    void measure();
    Frame frame() { return {scale_, top()}; }
    void weigh_row(Histogram* histogram);
    std::span<const double> block_weights(std::size_t block);
    void drop_changed(const std::function<bool(double)>& stays);
    void keep_between(Band band, const std::function<bool(double)>& stays);
    void move_together(Band band);
    Band band_of(std::size_t first, std::size_t last) const;
    void keep_from(double lowest);
    void keep_bracket(const Bracket& bracket);
    void take_members(Band sure, const std::function<bool(double)>& is_sure);
    void find_members(Band sure, const std::function<bool(double)>& is_sure);
    enum class Reach { weight, number };
    template <typename CostOf>
    void keep_cheapest_members(double missing, Reach reach, CostOf&& cost_of);
    void keep_first_members(double missing, Reach reach);
    void keep_top_few(std::size_t k);
    void keep_dearest_member();
    bool keep_peak(double reach);
    bool take_peak(double lowest, float bound);
    void keep_members(const Cut& cut);

    const float* row_ = nullptr;  // [size_]; -inf is out of play, NaN stands in changed_
    std::size_t size_ = 0;
    std::vector<float> own_;    // what row_ points to, once it is not the caller's
    std::vector<TokenId> ids_;  // [size_], where has_ids_; else the index is the id
    bool has_ids_ = false;
    std::vector<Changed> changed_;  // ascending
    double scale_ = 1;              // of the floats, not of what is changed
    bool is_from_top_ = true;  // whether all that is likelier than a token in play is there, too

    // Bounds of the floats; they may be loose where something was dropped, has_top_x_ says whether
    // the upper one is reached.
    float top_x_ = 0;
    float low_x_ = 0;
    bool has_top_x_ = false;

    bool is_weighed_ = false;  // whether mass_ and block_sums_ are of what is in play
    Mass mass_;
    double mass_top_ = 0;  // about which mass_ is, also once that is out of play
    std::vector<double> block_sums_;
    std::vector<double> block_weights_;
    Histogram histogram_;

    // The entries among which a cut lies: their indices, ascending, or the float that all have.
    std::vector<std::uint32_t> members_;
    std::size_t n_members_ = 0;
    std::optional<float> equal_members_;
    std::vector<double> logits_;
    std::vector<double> costs_;
    std::vector<double> weights_;
    std::vector<float> maxima_;
    CutFinder cuts_;
};

template <typename Change>
void Row::change(std::span<const TokenId> tokens, Change&& change) {
    const std::size_t n_before = changed_.size();
    for (const auto token : tokens) {
        const std::size_t at = place_of(token);
        if (at >= size_ || row_[at] == -infinite) continue;
        const std::span before(changed_.data(), n_before);
        if (Changed* const known = changed_at(before, at))
            known->logit = change(token, known->logit);
        else
            set_changed(at, change(token, static_cast<double>(row_[at]) * scale_));
    }
    is_weighed_ = is_weighed_ && tokens.empty();
    merge_changed(n_before);
}

template <typename Take>
void Row::for_each(Take&& take) {
    mass();
    for (std::size_t block = 0; block < block_sums_.size(); ++block) {
        const auto weights = block_weights(block);
        for (std::size_t i = 0; i < weights.size(); ++i) {
            const std::size_t at = block * block_size + i;
            if (!(row_[at] == -infinite)) take(token_at(at), weights[i]);
        }
    }
}

template <typename Take>
void Row::for_each_logit(Take&& take) const {
    for (std::size_t at = 0; at < size_; ++at) {
        if (!(row_[at] == -infinite)) take(token_at(at), logit_at(at) - mass_top_);
    }
}

}  // namespace fabula::sample
