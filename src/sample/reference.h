// SPDX-License-Identifier: 0BSD
// What each sampler means: in float64, by sorting, one stage a function. Slow, short, and the truth
// that the fast path (row.h, sampler.h) is tested against. Ties always go to the lower token id.
//
// A list holds the tokens still in play, ascending by id. A stage is a function from list to list
// and leaves at least one token where it got one; "probability" is always that among the tokens of
// the list it is given. A stage that is off (top_k 0, top_p 1, ...) returns what it got.
#pragma once

#include "sample/sampler.h"

#include <span>
#include <vector>

namespace fabula::sample::reference {

struct Entry {
    TokenId token;
    double logit;

    bool operator==(const Entry&) const = default;
};
using List = std::vector<Entry>;

/// A mass "reaches" p where it is at least p - reach_slack, so that nine of ten equal tokens reach
/// 0.9 whichever way their sum was rounded.
constexpr double reach_slack = 1e-10;

/// Surprises are compared in whole steps of 2^-30 nats, so that tokens equally far above and below
/// the mean tie, whichever way their distance was rounded. Coarser above 2^21 nats, where nothing
/// is drawn.
inline double on_surprise_grid(double distance) {
    constexpr double to_grid = 0x1.8p22;  // at this size the last bit of a double is worth 2^-30
    return distance < 0x1p21 ? (distance + to_grid) - to_grid : distance;
}

/// The row as a list: every token whose logit is not -inf and that is in neither `banned` nor the
/// biases of -100, nor completes one of `bad_sequences` behind the history.
List in_play(std::span<const float> logits, const Settings& settings,
             std::span<const std::vector<TokenId>> bad_sequences, const Step& step);

/// The last tokens that would complete one of `sequences` behind `history`: of a sequence of n
/// tokens the n-th, where the history ends in the first n - 1. Ascending, each once.
std::vector<TokenId> completing(std::span<const std::vector<TokenId>> sequences,
                                std::span<const TokenId> history);

/// e^logit over the sum of e^logit, in the order of the list.
std::vector<double> probabilities(const List& list);

/// The mean of -ln probability, in nats. Requires a list that is not empty.
double entropy(const List& list);

/// For a token that occurs c > 0 times in the last `penalty_window` tokens of `history`:
///   logit > 0 is divided by repetition_penalty, else multiplied by it;
///   then frequency_penalty * c and presence_penalty are taken off.
/// Then logit_bias is added, whether the token occurs or not.
/// Source: Keskar et al., "CTRL", 2019, arXiv:1909.05858, section 4.1, for the first; OpenAI, API
/// reference, "frequency and presence penalties", for the second. Ours multiplies a logit below 0,
/// as Hugging Face does: CTRL divides it, which would reward repetition.
List penalised(List list, const Settings& settings, std::span<const TokenId> history);

/// Every logit divided by `temperature`, at least lowest_temperature.
List tempered(List list, double temperature);

/// The k tokens with the largest logits, exactly k where there are as many. 0 keeps all.
/// Source: Fan et al., 2018, arXiv:1805.04833. Hugging Face keeps all that tie with the k-th.
List top_k(const List& list, int k);

/// The smallest prefix, by (probability descending, id ascending), whose mass reaches p. 1 keeps
/// all. Source: Holtzman et al., 2020, arXiv:1904.09751, eq. 3.
List top_p(const List& list, double p);

/// The tokens whose probability is at least `ratio` times the largest. 0 keeps all.
/// Source: Nguyen et al., 2024, arXiv:2407.01082, eq. 1.
List min_p(const List& list, double ratio);

/// The smallest prefix, by (| -ln probability - entropy | ascending, id ascending), whose mass
/// reaches p. 1 keeps all. Source: Meister et al., "Locally Typical Sampling", 2022,
/// arXiv:2202.00666, eq. 9. Hugging Face keeps all that tie with the last.
List typical_p(const List& list, double p);

/// The token with the largest logit alone.
List greedy(const List& list);

/// What stays in play: the tokens of `in_play` through the stages of settings.order; below
/// lowest_temperature penalties and greedy alone, whatever the order. Empty where all are banned.
List kept(std::span<const float> logits, const Settings& settings,
          std::span<const std::vector<TokenId>> bad_sequences, const Step& step);

/// The index in `list` that `number`, in [0, 1), draws: the first, in ascending order of id, up to
/// which the probabilities together exceed it.
std::size_t drawn(const List& list, double number);

/// How many tokens of the row come before `token` by (logit descending, id ascending).
std::int32_t rank(std::span<const float> logits, TokenId token);

}  // namespace fabula::sample::reference
