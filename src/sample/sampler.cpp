// SPDX-License-Identifier: 0BSD
#include "sample/sampler.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>
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

}  // namespace

double dry_penalty(const Settings& settings, std::size_t length) {
    double penalty = settings.dry_multiplier;
    const auto allowed = static_cast<std::size_t>(settings.dry_allowed_length);
    for (std::size_t n = allowed; n < length && penalty < most_dry_penalty; ++n) {
        if (settings.dry_base == 1) break;
        penalty *= settings.dry_base;
    }
    return std::min(penalty, most_dry_penalty);
}

Sampler::Sampler(Settings settings, Spelling spelling)
    : settings_(std::move(settings)), spelling_(std::move(spelling)) {
    assert(validate(settings_).has_value());
    assert(std::is_sorted(spelling_.dry_breakers.begin(), spelling_.dry_breakers.end()));
}

Result<Drawn> Sampler::draw(std::span<const float> logits, const Step& step) {
    assert(step.number >= 0 && step.number < 1);
    assert(step.coin >= 0 && step.coin < 1);
    const auto top = cut(logits, step);
    if (!top) return top.error();
    const auto found = row_.find(step.number);

    Drawn drawn = this->drawn(logits, *top, found.token);
    const auto rank = row_.rank(found.token);
    drawn.rank = rank ? static_cast<std::int32_t>(*rank) : rank_of(logits, found.token);
    drawn.logprob = static_cast<float>(found.logprob);
    if (is_steered()) {
        // The surprise before the cut, of which the largest logit is the same.
        const double logprob = found.logprob + row_.mass().log_sum() - log_sum_before_mirostat_;
        const double surprise = -logprob / std::numbers::ln2;
        drawn.mirostat_mu =
            mirostat_mu(step) - settings_.mirostat_eta * (surprise - settings_.mirostat_tau);
    }
    return drawn;
}

// What is said of a token whatever the settings, its rank aside: `top` is the largest logit of the
// row.
Drawn Sampler::drawn(std::span<const float> logits, float top, TokenId token) const {
    const Mass model = model_mass(logits, top);
    Drawn drawn;
    drawn.token = token;
    const double logit = logits[static_cast<std::size_t>(token)];
    drawn.logprob_model = static_cast<float>(logit - top - model.log_sum());
    drawn.entropy = static_cast<float>(model.entropy());
    return drawn;
}

Result<std::vector<Scored>> Sampler::likeliest(std::span<const float> logits, const Step& step,
                                               std::size_t n) {
    if (const auto top = assign(logits, step); !top) return top.error();
    penalise(step.history);
    penalise_repeats(step.history);
    const double log_sum = row_.mass().log_sum();
    row_.keep_top_k(n);
    std::vector<Scored> likeliest;
    row_.for_each_logit([&](TokenId token, double distance) {
        likeliest.push_back({token, distance - log_sum});
    });
    return likeliest;
}

Result<Drawn> Sampler::trace(std::span<const float> logits, const Step& step, TokenId token) {
    const auto top = assign(logits, step);
    if (!top) return top.error();
    penalise(step.history);
    penalise_repeats(step.history);
    Drawn traced = drawn(logits, *top, token);
    traced.rank = rank_of(logits, token);
    traced.logprob = static_cast<float>(row_.logprob(token));
    return traced;
}

Result<std::vector<Sampler::Kept>> Sampler::keep(std::span<const float> logits, const Step& step) {
    const auto top = cut(logits, step);
    if (!top) return top.error();
    const double sum = row_.mass().sum;
    std::vector<Kept> kept;
    row_.for_each([&](TokenId token, double weight) { kept.push_back({token, weight / sum}); });
    return kept;
}

// Leaves in row_ what is not banned, and gives the largest logit of the row as it came.
Result<float> Sampler::assign(std::span<const float> logits, const Step& step) {
    const auto extremes = extremes_of(logits);
    if (extremes.is_broken) return broken_logit(logits);
    row_.assign(logits, extremes);
    counts_.resize(logits.size());
    ban(step);
    if (row_.is_empty()) return Error{ErrorCode::exhausted, "every token is banned"};
    return extremes.top;
}

// The same of what the settings keep.
Result<float> Sampler::cut(std::span<const float> logits, const Step& step) {
    auto top = assign(logits, step);
    if (!top) return top;
    if (settings_.temperature < lowest_temperature) {
        penalise(step.history);
        penalise_repeats(step.history);
        row_.keep_greedy();
        return top;
    }
    for (const auto stage : settings_.order)
        run(stage, step);
    if (is_steered()) {
        log_sum_before_mirostat_ = row_.mass().log_sum();
        row_.keep_below_surprise(mirostat_mu(step));
    }
    return top;
}

bool Sampler::is_steered() const {
    return settings_.mirostat_tau > 0 && settings_.temperature >= lowest_temperature;
}

double Sampler::mirostat_mu(const Step& step) const {
    return step.mirostat_mu.value_or(2 * settings_.mirostat_tau);
}

void Sampler::ban(const Step& step) {
    for (const auto token : step.banned)
        row_.ban(token);
    for (const auto& [token, bias] : settings_.logit_bias) {
        if (bias <= -100) row_.ban(token);
    }
    if (settings_.no_repeat_ngram_size > 0) {
        const auto length = static_cast<std::size_t>(settings_.no_repeat_ngram_size - 1);
        for (const auto& follower : repeats_.of(step.history, {length, length}))
            row_.ban(follower.token);
    }
}

void Sampler::run(Stage stage, const Step& step) {
    switch (stage) {
        case Stage::penalties:
            return penalise(step.history);
        case Stage::dry:
            return penalise_repeats(step.history);
        case Stage::temperature:
            return row_.scale(1 / temperature());
        case Stage::top_k:
            if (settings_.top_k > 0) row_.keep_top_k(static_cast<std::size_t>(settings_.top_k));
            return;
        case Stage::top_p:
            return row_.keep_top_p(settings_.top_p);
        case Stage::min_p:
            return row_.keep_min_p(settings_.min_p);
        case Stage::typical_p:
            return row_.keep_typical_p(settings_.typical_p);
        case Stage::epsilon_cutoff:
            return row_.keep_epsilon(settings_.epsilon_cutoff);
        case Stage::eta_cutoff:
            return row_.keep_eta(settings_.eta_cutoff);
        case Stage::top_n_sigma:
            return row_.keep_top_n_sigma(settings_.top_n_sigma);
        case Stage::xtc:
            if (step.coin < settings_.xtc_probability) row_.keep_xtc(settings_.xtc_threshold);
            return;
    }
}

double Sampler::temperature() {
    if (settings_.dynatemp_range <= 0) return settings_.temperature;
    return row_.dynamic_temperature(settings_.temperature, settings_.dynatemp_range,
                                    settings_.dynatemp_exponent);
}

void Sampler::penalise_repeats(std::span<const TokenId> history) {
    const auto& s = settings_;
    if (s.dry_multiplier <= 0) return;
    if (s.dry_window >= 0)
        history = history.last(std::min(history.size(), static_cast<std::size_t>(s.dry_window)));
    const auto breaks = [&](TokenId token) {
        const auto& breakers = spelling_.dry_breakers;
        return std::binary_search(breakers.begin(), breakers.end(), token);
    };
    std::size_t reach = 0;  // tokens at the end of the text behind the last breaker
    while (reach < history.size() && !breaks(history[history.size() - 1 - reach]))
        ++reach;
    const auto least = static_cast<std::size_t>(s.dry_allowed_length);
    if (reach < least) return;
    tokens_.clear();
    lengths_.clear();
    for (const auto& follower : repeats_.of(history, {least, reach})) {
        if (breaks(follower.token)) continue;
        tokens_.push_back(follower.token);
        lengths_.push_back(follower.length);
    }
    auto length = lengths_.begin();  // of the next token; those out of play are passed over
    auto token = tokens_.begin();
    row_.change(tokens_, [&](TokenId changed, double logit) {
        for (; *token != changed; ++token)
            ++length;
        return logit - dry_penalty(s, *length);
    });
}

// Counts the tokens of `history`, and makes tokens_ those that have a count or a bias, ascending.
void Sampler::count(std::span<const TokenId> history) {
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
    for (const auto& [token, bias] : settings_.logit_bias) {
        if (is_in_row(token)) mark(token);
    }
    tokens_.clear();
    for (std::size_t word = 0; word < changing_.size(); ++word) {
        for (auto& set = changing_[word]; set != 0; set &= set - 1)
            tokens_.push_back(static_cast<TokenId>(word * 64) + std::countr_zero(set));
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
    count(history);
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
