// SPDX-License-Identifier: 0BSD
#include "sample/sampler.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace fabula::sample {
namespace {

Error broken_logit(std::span<const float> logits) {
    std::size_t token = 0;
    while (logits[token] <= std::numeric_limits<float>::max())
        ++token;
    const char* what = std::isnan(logits[token]) ? "not a number" : "infinite";
    return {ErrorCode::corrupt, "the logit of token " + std::to_string(token) + " is " + what};
}

std::int32_t rank_of(std::span<const float> logits, TokenId token) {
    const float own = logits[static_cast<std::size_t>(token)];
    const auto ties = count_equal(logits.first(static_cast<std::size_t>(token)), own);
    return static_cast<std::int32_t>(count_above(logits, own) + ties);
}

// Whether `history` ends in all of `sequence` but its last token.
bool leads_to_last(std::span<const TokenId> history, std::span<const TokenId> sequence) {
    if (sequence.empty() || sequence.size() - 1 > history.size()) return false;
    const auto begin = sequence.first(sequence.size() - 1);
    return std::equal(begin.begin(), begin.end(), history.last(begin.size()).begin());
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
    const auto found = row_.find(step.number);

    const Mass& model = row_.assigned_mass();
    Drawn drawn;
    drawn.token = found.token;
    const double logit = logits[static_cast<std::size_t>(drawn.token)];
    drawn.logprob_model = static_cast<float>(logit - *top - model.log_sum());
    drawn.logprob = static_cast<float>(found.logprob);
    drawn.entropy = static_cast<float>(model.entropy());
    drawn.rank = rank_of(logits, drawn.token);
    return drawn;
}

Result<std::vector<Sampler::Kept>> Sampler::keep(std::span<const float> logits, const Step& step) {
    const auto top = cut(logits, step);
    if (!top) return top.error();
    const double sum = row_.mass().sum;
    std::vector<Kept> kept;
    row_.for_each([&](TokenId token, double weight) { kept.push_back({token, weight / sum}); });
    return kept;
}

// Leaves in row_ what the settings keep, and gives the largest logit of the row as it came.
Result<float> Sampler::cut(std::span<const float> logits, const Step& step) {
    const auto extremes = extremes_of(logits);
    if (extremes.is_broken) return broken_logit(logits);
    row_.assign(logits, extremes);
    counts_.resize(logits.size());
    ban(step);
    if (row_.is_empty()) return Error{ErrorCode::exhausted, "every token is banned"};
    if (settings_.temperature < lowest_temperature) {
        penalise(step.history);
        row_.keep_greedy();
        return extremes.top;
    }
    for (const auto stage : settings_.order)
        run(stage, step.history);
    return extremes.top;
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
    if (!is_on) history = {};
    if (s.penalty_window >= 0)
        history =
            history.last(std::min(history.size(), static_cast<std::size_t>(s.penalty_window)));
    changing_.resize((counts_.size() + 63) / 64);
    const auto is_in_row = [&](TokenId token) {
        return token >= 0 && static_cast<std::size_t>(token) < counts_.size();
    };
    const auto mark = [&](TokenId token) {
        changing_[static_cast<std::size_t>(token) / 64] |= std::uint64_t{1} << (token % 64);
    };
    for (const auto token : history) {
        if (is_in_row(token) && counts_[static_cast<std::size_t>(token)]++ == 0) mark(token);
    }
    for (const auto& [token, bias] : s.logit_bias) {
        if (is_in_row(token)) mark(token);
    }
    tokens_.clear();
    for (std::size_t word = 0; word < changing_.size(); ++word) {
        for (auto& set = changing_[word]; set != 0; set &= set - 1)
            tokens_.push_back(static_cast<TokenId>(word * 64) + std::countr_zero(set));
    }
    row_.change(tokens_, [&](TokenId token, double logit) {
        if (const int count = counts_[static_cast<std::size_t>(token)]; count > 0) {
            logit = logit > 0 ? logit / s.repetition_penalty : logit * s.repetition_penalty;
            logit = logit - s.frequency_penalty * count - s.presence_penalty;
        }
        const auto bias = s.logit_bias.find(token);
        return bias == s.logit_bias.end() ? logit : logit + bias->second;
    });
    for (const auto token : tokens_)
        counts_[static_cast<std::size_t>(token)] = 0;
}

}  // namespace fabula::sample
