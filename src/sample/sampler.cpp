// SPDX-License-Identifier: 0BSD
#include "sample/sampler.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

namespace fabula::sample {
namespace {

constexpr int lanes = 8;  // independent comparisons, for the loops over the whole row

Error broken_logit(std::span<const float> logits) {
    std::size_t token = 0;
    while (logits[token] <= std::numeric_limits<float>::max())
        ++token;
    const char* what = std::isnan(logits[token]) ? "not a number" : "infinite";
    return {ErrorCode::corrupt, "the logit of token " + std::to_string(token) + " is " + what};
}

// The largest logit. Errors: corrupt for a NaN or +inf, exhausted where there is none above -inf.
Result<float> top_of(std::span<const float> logits) {
    constexpr float most = std::numeric_limits<float>::max();
    float top[lanes];
    std::fill(std::begin(top), std::end(top), -std::numeric_limits<float>::infinity());
    bool is_broken = false;
    const float* logit = logits.data();
    const float* end = logit + logits.size();
    for (; end - logit >= lanes; logit += lanes) {
        for (int lane = 0; lane < lanes; ++lane) {
            is_broken |= !(logit[lane] <= most);  // a NaN compares false
            top[lane] = top[lane] < logit[lane] ? logit[lane] : top[lane];
        }
    }
    for (; logit < end; ++logit) {
        is_broken |= !(*logit <= most);
        top[0] = std::max(top[0], *logit);
    }
    if (is_broken) return broken_logit(logits);
    const float largest = *std::max_element(std::begin(top), std::end(top));
    if (std::isinf(largest)) return Error{ErrorCode::exhausted, "every token is banned"};
    return largest;
}

std::int32_t rank_of(std::span<const float> logits, TokenId token) {
    const float own = logits[static_cast<std::size_t>(token)];
    std::int32_t before[lanes] = {};
    const float* logit = logits.data();
    const float* end = logit + logits.size();
    for (; end - logit >= lanes; logit += lanes) {
        for (int lane = 0; lane < lanes; ++lane)
            before[lane] += logit[lane] > own ? 1 : 0;
    }
    for (; logit < end; ++logit)
        before[0] += *logit > own ? 1 : 0;
    const auto ties = std::count(logits.begin(), logits.begin() + token, own);
    return std::accumulate(std::begin(before), std::end(before), static_cast<std::int32_t>(ties));
}

// Whether `history` ends in all of `sequence` but its last token.
bool leads_to_last(std::span<const TokenId> history, std::span<const TokenId> sequence) {
    if (sequence.empty() || sequence.size() - 1 > history.size()) return false;
    const auto begin = sequence.first(sequence.size() - 1);
    return std::equal(begin.begin(), begin.end(), history.last(begin.size()).begin());
}

double sum_of(const double* weights, std::size_t n) {
    double sum[4] = {};
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        for (std::size_t lane = 0; lane < 4; ++lane)
            sum[lane] += weights[i + lane];
    }
    for (; i < n; ++i)
        sum[0] += weights[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

// The first index up to which the weights together exceed `target`. Sums of 64 are added up, and
// the one in which the total passes is walked: no long chain of additions that wait for one
// another.
std::size_t first_beyond(std::span<const double> weights, double target) {
    constexpr std::size_t stride = 64;
    double passed = 0;
    for (std::size_t begin = 0; begin < weights.size(); begin += stride) {
        const std::size_t end = std::min(begin + stride, weights.size());
        const double after = passed + sum_of(weights.data() + begin, end - begin);
        for (std::size_t i = begin; after > target && i < end; ++i) {
            passed += weights[i];
            if (passed > target) return i;
        }
        passed = after;
    }
    // Rounding left the sum at the target: the last token that weighs anything.
    std::size_t last = weights.size() - 1;
    while (last > 0 && weights[last] <= 0)
        --last;
    return last;
}

}  // namespace

Sampler::Sampler(Settings settings, std::vector<std::vector<TokenId>> bad_sequences)
    : settings_(std::move(settings)), bad_sequences_(std::move(bad_sequences)) {
    assert(validate(settings_).has_value());
}

Result<Drawn> Sampler::draw(std::span<const float> logits, const Step& step) {
    assert(step.number >= 0 && step.number < 1);
    const auto top = cut(logits, step);
    if (!top) return top.error();
    const double target = step.number * row_.mass().sum;
    const std::size_t at = first_beyond(row_.weights(), target);

    const Mass model = mass_of(logits, *top);
    Drawn drawn;
    drawn.token = row_.tokens()[at];
    const double logit = logits[static_cast<std::size_t>(drawn.token)];
    drawn.logprob_model = static_cast<float>(logit - *top - model.log_sum());
    drawn.logprob = static_cast<float>(row_.logprob(at));
    drawn.entropy = static_cast<float>(model.entropy());
    drawn.rank = rank_of(logits, drawn.token);
    return drawn;
}

Result<std::vector<Sampler::Kept>> Sampler::keep(std::span<const float> logits, const Step& step) {
    const auto top = cut(logits, step);
    if (!top) return top.error();
    const double sum = row_.mass().sum;
    std::vector<Kept> kept;
    kept.reserve(row_.size());
    for (std::size_t i = 0; i < row_.size(); ++i)
        kept.push_back({row_.tokens()[i], row_.weights()[i] / sum});
    return kept;
}

// Leaves in row_ what the settings keep, and gives the largest logit of the row as it came.
Result<float> Sampler::cut(std::span<const float> logits, const Step& step) {
    auto top = top_of(logits);
    if (!top) return top.error();
    row_.assign(logits, *top);
    counts_.resize(logits.size());
    ban(step);
    if (row_.size() == 0) return Error{ErrorCode::exhausted, "every token is banned"};
    if (settings_.temperature < lowest_temperature) {
        penalise(step.history);
        row_.keep_greedy();
        return top;
    }
    for (const auto stage : settings_.order)
        run(stage, step.history);
    return top;
}

void Sampler::ban(const Step& step) {
    for (const auto& sequence : bad_sequences_) {
        if (leads_to_last(step.history, sequence)) row_.ban(sequence.back());
    }
    for (const auto token : step.banned)
        row_.ban(token);
    for (const auto& [token, bias] : settings_.logit_bias) {
        if (bias <= -100) row_.ban(token);
    }
    row_.drop_banned();
}

void Sampler::run(Stage stage, std::span<const TokenId> history) {
    switch (stage) {
        case Stage::penalties:
            return penalise(history);
        case Stage::temperature:
            return row_.scale(1 / settings_.temperature);
        case Stage::top_k:
            if (settings_.top_k > 0) row_.keep_top_k(static_cast<std::size_t>(settings_.top_k));
            return;
        case Stage::top_p:
            return row_.keep_top_p(settings_.top_p);
        case Stage::min_p:
            return row_.keep_min_p(settings_.min_p);
        case Stage::typical_p:
            return row_.keep_typical_p(settings_.typical_p);
    }
}

void Sampler::penalise(std::span<const TokenId> history) {
    const auto& s = settings_;
    const bool is_on =
        s.repetition_penalty != 1 || s.frequency_penalty != 0 || s.presence_penalty != 0;
    if (is_on && s.penalty_window >= 0)
        history =
            history.last(std::min(history.size(), static_cast<std::size_t>(s.penalty_window)));
    for (const auto token : is_on ? history : std::span<const TokenId>{}) {
        if (token < 0 || static_cast<std::size_t>(token) >= counts_.size()) continue;
        if (counts_[static_cast<std::size_t>(token)]++ == 0) in_window_.push_back(token);
    }
    for (const auto token : in_window_) {
        int& count = counts_[static_cast<std::size_t>(token)];
        row_.change(token, [&](double logit) {
            logit = logit > 0 ? logit / s.repetition_penalty : logit * s.repetition_penalty;
            return logit - s.frequency_penalty * count - s.presence_penalty;
        });
        count = 0;
    }
    in_window_.clear();
    for (const auto& [token, bias] : s.logit_bias)
        row_.change(token, [b = bias](double logit) { return logit + b; });
}

}  // namespace fabula::sample
