// SPDX-License-Identifier: 0BSD
#include "model/text_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace fabula::model {
namespace {

constexpr std::size_t spare = 64;  // tokens that are looked at beyond those wanted

using Text = std::vector<TokenId>;

std::vector<TokenId> joined(std::span<const TokenId> prompt, std::span<const TokenId> text) {
    std::vector<TokenId> all(prompt.begin(), prompt.end());
    all.insert(all.end(), text.begin(), text.end());
    return all;
}

std::vector<Text> joined_all(std::span<const TokenId> prompt, std::span<const Text> texts) {
    std::vector<Text> whole;
    whole.reserve(texts.size());
    for (const auto& text : texts)
        whole.push_back(joined(prompt, text));
    return whole;
}

std::vector<std::span<const TokenId>> as_spans(std::span<const Text> texts) {
    return {texts.begin(), texts.end()};
}

Text with(const Text& text, TokenId token) {
    Text longer = text;
    longer.push_back(token);
    return longer;
}

double product(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

}  // namespace

TextSearch::TextSearch(Model& model, const std::vector<TokenId>& prompt,
                       std::span<const TokenId> ends, MayFollow may_follow)
    : model_(model),
      prompt_(prompt),
      ends_(ends),
      may_follow_(std::move(may_follow)),
      together_(std::min(most_together, model.n_branches())) {}

Result<FoundText> TextSearch::find(sample::Sampler& sampler, std::size_t most_tokens,
                                   const std::stop_token& stop) {
    const std::size_t room = model_.info().window_tokens - prompt_.size();
    const std::size_t most = std::min(most_tokens, room);
    return sampler.settings().num_beams > 1 ? follow_beams(sampler, most, stop)
                                            : contrast(sampler, most, stop);
}

// Calls work(begin, n) for groups of `n_texts` texts. A group that the cache has no room for is
// halved.
Result<Unit> TextSearch::in_groups(std::size_t n_texts, const Work& work) {
    for (std::size_t from = 0; from < n_texts;) {
        const std::size_t n = std::min(together_, n_texts - from);
        const auto done = work(from, n);
        if (done) {
            from += n;
        } else if (done.error().code == ErrorCode::exhausted && n > 1) {
            together_ = n / 2;
        } else {
            return done.error();
        }
    }
    return Unit{};
}

// The rows behind prompt and each of `texts`.
Result<Unit> TextSearch::step(std::span<const Text> texts, const std::stop_token& stop) {
    const std::size_t n_vocab = model_.info().n_vocab;
    logits_.resize(texts.size() * n_vocab);
    return in_groups(texts.size(), [&](std::size_t from, std::size_t n) {
        const auto whole = joined_all(prompt_, texts.subspan(from, n));
        const auto rows = std::span(logits_).subspan(from * n_vocab, n * n_vocab);
        return model_.step(as_spans(whole), rows, stop);
    });
}

Result<Unit> TextSearch::step_with_states(std::span<const Text> texts,
                                          const std::stop_token& stop) {
    const std::size_t n_vocab = model_.info().n_vocab;
    const std::size_t n_embd = model_.info().n_embd;
    logits_.resize(texts.size() * n_vocab);
    states_.resize(texts.size() * n_embd);
    return in_groups(texts.size(), [&](std::size_t from, std::size_t n) {
        const auto whole = joined_all(prompt_, texts.subspan(from, n));
        const auto rows = std::span(logits_).subspan(from * n_vocab, n * n_vocab);
        const auto states = std::span(states_).subspan(from * n_embd, n * n_embd);
        return model_.step_with_states(as_spans(whole), rows, states, stop);
    });
}

// The end of the text, where it may not end there.
std::span<const TokenId> TextSearch::banned_behind(const sample::Sampler& sampler,
                                                   std::size_t n_tokens) const {
    const auto& settings = sampler.settings();
    const bool may_not_end =
        settings.ignore_end || n_tokens < static_cast<std::size_t>(settings.min_new_tokens);
    return may_not_end ? ends_ : std::span<const TokenId>{};
}

// The `n` likeliest tokens that may follow `text`, of which `row` tells, likeliest first.
Result<std::vector<sample::Scored>> TextSearch::followers(sample::Sampler& sampler,
                                                          const Text& text,
                                                          std::span<const float> row,
                                                          std::size_t n) {
    const auto history = joined(prompt_, text);
    const auto banned = banned_behind(sampler, text.size());
    const auto is_end = [&](TokenId token) {
        return std::find(ends_.begin(), ends_.end(), token) != ends_.end();
    };
    std::vector<sample::Scored> allowed;
    // More of them where many may not follow.
    for (std::size_t wanted = n + spare; allowed.size() < n; wanted *= 4) {
        auto found = sampler.likeliest(row, {.history = history, .banned = banned}, wanted);
        if (!found && found.error().code == ErrorCode::exhausted) break;
        if (!found)
            return Error{found.error().code,
                         "model '" + model_.info().name + "': " + found.error().message};
        std::stable_sort(found->begin(), found->end(),
                         [](const auto& a, const auto& b) { return a.logprob > b.logprob; });
        allowed.clear();
        for (const auto& scored : *found) {
            if (allowed.size() == n) break;
            if (is_end(scored.token) || may_follow_(text, scored.token)) allowed.push_back(scored);
        }
        if (found->size() < wanted) break;
    }
    return allowed;
}

Result<FoundText> TextSearch::follow_beams(sample::Sampler& sampler, std::size_t most_tokens,
                                           const std::stop_token& stop) {
    const auto& settings = sampler.settings();
    const std::size_t n_vocab = model_.info().n_vocab;
    std::optional<Error> failure;  // of the model, whose cache may be exhausted, too
    const Followers next = [&](std::span<const Text> texts,
                               std::size_t n) -> Result<std::vector<std::vector<sample::Scored>>> {
        if (const auto done = step(texts, stop); !done) {
            failure = done.error();
            return *failure;
        }
        std::vector<std::vector<sample::Scored>> all;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const auto row = std::span<const float>(logits_).subspan(i * n_vocab, n_vocab);
            auto found = followers(sampler, texts[i], row, n);
            if (!found) return found.error();
            all.push_back(*std::move(found));
        }
        return all;
    };
    const BeamSearch search{static_cast<std::size_t>(settings.num_beams), settings.length_penalty,
                            most_tokens};
    auto best = beam_search(search, ends_, next, stop);
    FoundText found;
    if (!best && failure) return *failure;
    found.is_exhausted = !best && best.error().code == ErrorCode::exhausted;
    if (found.is_exhausted) return found;
    if (!best) return best.error();
    found.tokens = std::move(best->tokens);
    found.is_ended = best->is_ended;
    // A stop must not cost what was found.
    if (const auto done = trace(sampler, found, {}); !done) return done.error();
    return found;
}

// What there is to say of each token: the rows of all its beginnings once more.
Result<Unit> TextSearch::trace(sample::Sampler& sampler, FoundText& found,
                               const std::stop_token& stop) {
    const std::size_t n_vocab = model_.info().n_vocab;
    constexpr std::size_t n_together = 16;  // rows kept at once
    for (std::size_t from = 0; from < found.tokens.size(); from += n_together) {
        const std::size_t end = std::min(from + n_together, found.tokens.size());
        std::vector<Text> beginnings;
        for (std::size_t n = from; n < end; ++n)
            beginnings.emplace_back(found.tokens.begin(),
                                    found.tokens.begin() + static_cast<std::ptrdiff_t>(n));
        if (auto done = step(beginnings, stop); !done) return done;
        for (std::size_t i = 0; i < beginnings.size(); ++i) {
            const auto row = std::span<const float>(logits_).subspan(i * n_vocab, n_vocab);
            const auto history = joined(prompt_, beginnings[i]);
            const sample::Step at{.history = history, .banned = banned_behind(sampler, from + i)};
            const auto traced = sampler.trace(row, at, found.tokens[from + i]);
            if (!traced) return traced.error();
            found.traces.push_back(*traced);
        }
    }
    return Unit{};
}

void TextSearch::remember(std::span<const float> state) {
    const double length = std::sqrt(product(state, state));
    for (const float x : state)
        told_.push_back(length > 0 ? static_cast<float>(static_cast<double>(x) / length) : 0);
}

// The largest cosine between `state` and those of all tokens before.
double TextSearch::likeness(std::span<const float> state) const {
    const double length = std::sqrt(product(state, state));
    double most = -1;
    for (std::size_t at = 0; at < told_.size(); at += state.size()) {
        const double cosine =
            product(state, std::span<const float>(told_).subspan(at, state.size()));
        most = std::max(most, length > 0 ? cosine / length : 0);
    }
    return most;
}

Result<Unit> TextSearch::take_states_of_prompt(const std::stop_token& stop) {
    const std::size_t n_embd = model_.info().n_embd;
    std::vector<std::span<const TokenId>> beginnings;
    for (std::size_t n = 1; n <= prompt_.size(); ++n)
        beginnings.push_back(std::span(prompt_).first(n));
    states_.resize(prompt_.size() * n_embd);
    const auto done = model_.step_with_states(beginnings, {}, states_, stop);
    if (!done) return done.error();
    told_.clear();
    for (std::size_t i = 0; i < prompt_.size(); ++i)
        remember(std::span<const float>(states_).subspan(i * n_embd, n_embd));
    return Unit{};
}

// The states of the prompt, and the row behind it.
Result<Unit> TextSearch::begin_contrast(const std::stop_token& stop) {
    if (auto done = take_states_of_prompt(stop); !done) return done;
    const Text nothing;
    return step({&nothing, 1}, stop);
}

// Which of the `likely`, whose states are there, is likely and unlike all that stands before.
std::size_t TextSearch::least_alike(std::span<const sample::Scored> likely, double alpha) const {
    const std::size_t n_embd = model_.info().n_embd;
    std::size_t best = 0;
    double best_score = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < likely.size(); ++i) {
        const auto state = std::span<const float>(states_).subspan(i * n_embd, n_embd);
        const double score = (1 - alpha) * std::exp(likely[i].logprob) - alpha * likeness(state);
        if (score > best_score) {
            best_score = score;
            best = i;
        }
    }
    return best;
}

// Adds a token to `found`, whose row is `row` and becomes that behind the token. False where the
// text ends.
Result<bool> TextSearch::contrast_once(sample::Sampler& sampler, FoundText& found,
                                       std::vector<float>& row, const std::stop_token& stop) {
    const auto& settings = sampler.settings();
    const auto likely =
        followers(sampler, found.tokens, row, static_cast<std::size_t>(settings.top_k));
    if (!likely) return likely.error();
    found.is_exhausted = likely->empty();
    if (found.is_exhausted) return false;
    std::vector<Text> longer;
    for (const auto& candidate : *likely)
        longer.push_back(with(found.tokens, candidate.token));
    if (const auto done = step_with_states(longer, stop); !done) return done.error();
    const std::size_t best = least_alike(*likely, settings.penalty_alpha);
    const TokenId token = (*likely)[best].token;
    found.is_ended = std::find(ends_.begin(), ends_.end(), token) != ends_.end();
    if (found.is_ended) return false;
    const auto history = joined(prompt_, found.tokens);
    const sample::Step at{.history = history,
                          .banned = banned_behind(sampler, found.tokens.size())};
    const auto traced = sampler.trace(row, at, token);
    if (!traced) return traced.error();
    found.traces.push_back(*traced);
    found.tokens.push_back(token);
    const auto& info = model_.info();
    remember(std::span<const float>(states_).subspan(best * info.n_embd, info.n_embd));
    const auto next = std::span<const float>(logits_).subspan(best * info.n_vocab, info.n_vocab);
    row.assign(next.begin(), next.end());
    return true;
}

Result<FoundText> TextSearch::contrast(sample::Sampler& sampler, std::size_t most_tokens,
                                       const std::stop_token& stop) {
    FoundText found;
    if (const auto done = begin_contrast(stop); !done) {
        if (stop.stop_requested()) return found;
        return done.error();
    }
    std::vector<float> row = logits_;
    while (found.tokens.size() < most_tokens && !stop.stop_requested()) {
        const auto goes_on = contrast_once(sampler, found, row, stop);
        if (!goes_on && stop.stop_requested()) break;
        if (!goes_on) return goes_on.error();
        if (!*goes_on) break;
    }
    return found;
}

}  // namespace fabula::model
