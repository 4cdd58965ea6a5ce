// SPDX-License-Identifier: 0BSD
// The tokens still in play while a row of logits passes through the stages: ids ascending, their
// logits, and their weights where a stage asked for them. `reference.h` says what each stage means;
// this is the fast way there. Scratch is kept: no allocation once a row of that size has been seen.
#pragma once

#include "base/token.h"
#include "sample/cut.h"
#include "sample/exponential.h"

#include <cstddef>
#include <span>
#include <vector>

namespace fabula::sample {

class Row {
public:
    /// Starts over with all of `logits` (finite or -inf), of which `top` is the largest.
    void assign(std::span<const float> logits, float top);
    /// Takes a token out of play by -inf; one that is not in the row is passed over.
    void ban(TokenId token);
    /// Drops every token at -inf. To be called before anything below.
    void drop_banned();

    /// Replaces the logit of `token`, where it is in play, by change(logit).
    template <typename Change>
    void change(TokenId token, Change&& change) {
        const std::size_t at = find(token);
        if (at < ids_.size()) logits_[at] = change(logits_[at]);
        has_top_ = is_weighed_ = false;
    }
    /// Multiplies every logit by `factor` > 0.
    void scale(double factor);
    void keep_top_k(std::size_t k);
    void keep_top_p(double p);
    void keep_min_p(double ratio);
    void keep_typical_p(double p);
    /// Keeps the largest logit alone.
    void keep_greedy();

    std::size_t size() const { return ids_.size(); }
    std::span<const TokenId> tokens() const { return ids_; }
    /// What the tokens weigh together. Requires size() > 0.
    const Mass& mass();
    /// One a token: its probability is its share of mass().sum. Valid behind mass().
    std::span<const double> weights() const { return weights_; }
    /// ln of that probability, exact also where the weight is 0. Valid behind mass().
    double logprob(std::size_t at) const { return logits_[at] - top_ - mass_.log_sum(); }

private:
    std::size_t find(TokenId token) const;
    double top();
    void keep_from(double lowest_logit);
    double negligible(double target) const;
    void keep_heavier(double least);
    void cost_by_logit();
    void keep_up_to(const Cut& cut);
    template <typename IsWanted, typename Stays>
    void keep(IsWanted&& is_wanted, Stays&& stays);
    template <typename IsWanted>
    void keep(IsWanted&& is_wanted);

    std::vector<TokenId> ids_;
    std::vector<double> logits_;
    std::vector<double> weights_;  // e^(logit - top_)
    std::vector<double> costs_;
    CutFinder cuts_;
    Mass mass_;
    double top_ = 0;  // the largest logit, while has_top_
    bool has_top_ = false;
    bool has_banned_ = false;  // whether a logit may be -inf
    bool is_weighed_ = false;  // whether weights_ and mass_ are those of logits_
};

}  // namespace fabula::sample
