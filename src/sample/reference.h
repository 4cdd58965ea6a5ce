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

/// Distances in standard deviations may be larger by this share, so that a logit exactly at the
/// bound stays whichever way the deviation was rounded.
constexpr double sigma_slack = 1e-9;

/// Surprises are compared in whole steps of 2^-30 nats, so that tokens equally far above and below
/// the mean tie, whichever way their distance was rounded. Coarser above 2^21 nats, where nothing
/// is drawn.
inline double on_surprise_grid(double distance) {
    constexpr double to_grid = 0x1.8p22;  // at this size the last bit of a double is worth 2^-30
    return distance < 0x1p21 ? (distance + to_grid) - to_grid : distance;
}

/// The row as a list: every token whose logit is not -inf and that is in neither `banned` nor the
/// biases of -100, nor, where no_repeat_ngram_size is n > 0, completes n tokens that stand in the
/// history already.
/// Source: Paulus et al., "A Deep Reinforced Model for Abstractive Summarization", 2018,
/// arXiv:1705.04304, section 2.5, for the n-grams.
List in_play(std::span<const float> logits, const Settings& settings, const Step& step);

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

/// Off the logit of a token that stands in the last `dry_window` tokens of `history` behind an
/// earlier occurrence of their last n, with n as large as possible, at least dry_allowed_length,
/// and no breaker among those n, dry_penalty(n) is taken. A breaker itself is never pressed down.
/// Source: P. E. Weidmann, "DRY: A modern repetition penalty that reliably prevents looping", 2024,
/// text-generation-webui, pull request 5677. Ours looks at the whole text unless told otherwise.
List dry(List list, const Settings& settings, std::span<const TokenId> breakers,
         std::span<const TokenId> history);

/// The temperature for this list: from temperature - dynatemp_range, where one token has all
/// probability, to temperature + dynatemp_range, where all have the same, by the entropy's share of
/// its largest value to the power of dynatemp_exponent; at least lowest_temperature.
/// Source: kalomaze, "dynamic temperature", 2023, in KoboldCpp; compare Zhang et al., "EDT", 2024,
/// arXiv:2403.14541, eq. 2, whose temperature falls with the entropy.
double dynamic_temperature(const List& list, const Settings& settings);

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

/// The tokens with a probability of at least `epsilon`, and those as likely as the likeliest. 0
/// keeps all.
/// Source: Hewitt et al., "Truncation Sampling as Language Model Desmoothing", 2022,
/// arXiv:2210.15191, section 4.1.
List epsilon_cutoff(const List& list, double epsilon);

/// The same with the smaller of `epsilon` and sqrt(epsilon) e^-entropy: eq. 5 there.
List eta_cutoff(const List& list, double epsilon);

/// The tokens whose logit is at most `n` standard deviations below the largest. 0 keeps all.
/// Source: Tang et al., "Top-n-sigma", 2024, arXiv:2411.07641, algorithm 1. Ours takes the
/// deviation of the tokens in play, divided by their number; theirs that of the whole vocabulary,
/// by one less.
List top_n_sigma(const List& list, double n);

/// Without the tokens with a probability of at least `threshold`, but for the last of these by
/// (probability descending, id ascending).
/// Source: P. E. Weidmann, "Exclude Top Choices (XTC)", 2024, text-generation-webui, pull request
/// 6335. Ours has no exception for line breaks and the end of text.
List xtc(const List& list, double threshold);

/// The tokens with a surprise, -log2 probability, of at most `mu` bits, and those as likely as the
/// likeliest.
/// Source: Basu et al., "Mirostat", 2021, arXiv:2007.14966, algorithm 2. Behind a draw mu falls by
/// mirostat_eta times what the drawn token's surprise, in the list before the cut, is above
/// mirostat_tau. It begins at 2 mirostat_tau.
List mirostat(const List& list, double mu);

/// The token with the largest logit alone.
List greedy(const List& list);

/// What the stages of settings.order leave of `in_play`; below lowest_temperature penalties, dry
/// and greedy alone, whatever the order. Empty where all are banned.
List staged(std::span<const float> logits, const Settings& settings, const Spelling& spelling,
            const Step& step);

/// What stays in play: the same behind mirostat, where that is on.
List kept(std::span<const float> logits, const Settings& settings, const Spelling& spelling,
          const Step& step);

/// The index in `list` that `number`, in [0, 1), draws: the first, in ascending order of id, up to
/// which the probabilities together exceed it.
std::size_t drawn(const List& list, double number);

/// How many tokens of the row come before `token` by (logit descending, id ascending).
std::int32_t rank(std::span<const float> logits, TokenId token);

}  // namespace fabula::sample::reference
