// SPDX-License-Identifier: 0BSD
#include "app/logits.h"

#include "base/rng.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>
#include <string>

namespace fabula::app {
namespace {

using Tokens = std::vector<TokenId>;

constexpr std::size_t most_side_branches = 64;
constexpr std::size_t most_other_tokens = 32;  // in a side branch

/// Whole numbers from 0 to 2^31 - 1 with commas or white space between them.
Result<std::vector<std::int32_t>> numbers_in(std::string_view text, const std::string& what) {
    constexpr std::string_view between = ", \t\r\n";
    std::vector<std::int32_t> numbers;
    for (std::size_t at = text.find_first_not_of(between); at < text.size();
         at = text.find_first_not_of(between, at)) {
        const std::size_t end = std::min(text.find_first_of(between, at), text.size());
        const std::string_view word = text.substr(at, end - at);
        std::int32_t number = 0;
        const auto [stop, problem] =
            std::from_chars(word.data(), word.data() + word.size(), number);
        if (problem != std::errc{} || stop != word.data() + word.size() || number < 0) {
            return Error{ErrorCode::invalid_input,
                         fmt::format("{}: '{}' is not a whole number from 0 to {}", what,
                                     word.substr(0, 40), std::numeric_limits<TokenId>::max())};
        }
        numbers.push_back(number);
        at = end;
    }
    if (numbers.empty()) return Error{ErrorCode::invalid_input, what + ": there is none"};
    return numbers;
}

Result<model::StepCost> step(model::Model& model, std::span<const std::span<const TokenId>> rows,
                             std::vector<float>& logits, const std::stop_token& stop) {
    logits.resize(rows.size() * model.info().n_vocab);
    return model.step(rows, logits, stop);
}

Result<Unit> step_aside(model::Model& model, const std::vector<Tokens>& branches,
                        std::vector<float>& logits, const std::stop_token& stop) {
    if (branches.empty()) return Unit{};
    const std::vector<std::span<const TokenId>> views(branches.begin(), branches.end());
    if (auto done = step(model, views, logits, stop); !done) return done.error();
    return Unit{};
}

Result<Unit> check(const LogitsPlan& plan, const model::ModelInfo& info) {
    const auto unknown = std::ranges::find_if(plan.tokens, [&](TokenId token) {
        return token < 0 || static_cast<std::size_t>(token) >= info.n_vocab;
    });
    if (unknown != plan.tokens.end()) {
        return Error{ErrorCode::invalid_input,
                     fmt::format("token {} at position {}: model '{}' has 0 to {}", *unknown,
                                 unknown - plan.tokens.begin(), info.name, info.n_vocab - 1)};
    }
    if (plan.tokens.size() > info.window_tokens) {
        return Error{ErrorCode::exhausted,
                     fmt::format("{} tokens, the window of model '{}' holds {}", plan.tokens.size(),
                                 info.name, info.window_tokens)};
    }
    return Unit{};
}

}  // namespace

Result<Tokens> tokens_in(std::string_view text) {
    return numbers_in(text, "tokens");
}

Result<std::vector<std::size_t>> calls_in(std::string_view text, std::size_t n_tokens) {
    if (text.empty()) return std::vector<std::size_t>{n_tokens};
    const auto numbers = numbers_in(text, "split");
    if (!numbers) return numbers.error();
    const auto total = std::accumulate(numbers->begin(), numbers->end(), std::uint64_t{0});
    if (std::ranges::count(*numbers, 0) > 0)
        return Error{ErrorCode::invalid_input, "split: a call of 0 tokens computes nothing"};
    if (total != n_tokens) {
        return Error{ErrorCode::invalid_input,
                     fmt::format("split: the calls have {} tokens together, there {} {}", total,
                                 n_tokens == 1 ? "is" : "are", n_tokens)};
    }
    return std::vector<std::size_t>(numbers->begin(), numbers->end());
}

Result<Forks> forks_in(std::string_view text) {
    Forks forks;
    const char* const end = text.data() + text.size();
    const auto seed = std::from_chars(text.data(), end, forks.seed);
    const bool has_both = seed.ec == std::errc{} && seed.ptr != end && *seed.ptr == ':';
    const auto count = std::from_chars(has_both ? seed.ptr + 1 : end, end, forks.n_branches);
    if (!has_both || count.ec != std::errc{} || count.ptr != end || forks.n_branches < 1 ||
        forks.n_branches > most_side_branches) {
        return Error{
            ErrorCode::invalid_input,
            fmt::format("forks: '{}' is not SEED:N with N from 1 to {}", text, most_side_branches)};
    }
    return forks;
}

std::vector<std::size_t> cut_calls(const std::vector<std::size_t>& calls, std::size_t most) {
    std::vector<std::size_t> pieces;
    for (std::size_t rest : calls) {
        for (; rest > most; rest -= most)
            pieces.push_back(most);
        pieces.push_back(rest);
    }
    return pieces;
}

std::vector<Tokens> side_branches(const LogitsPlan& plan, std::size_t call, std::size_t n_computed,
                                  const model::ModelInfo& info) {
    std::vector<Tokens> branches;
    if (!plan.forks) return branches;
    for (std::size_t b = 0; b < plan.forks->n_branches; ++b) {
        const Rng rng = Rng(plan.forks->seed).child(call).child(b);
        const auto drawn = [&rng](std::uint64_t position, std::size_t n) {
            return static_cast<std::size_t>(rng.uniform(position) * static_cast<double>(n));
        };
        // One in four runs ahead, into what the call is about to compute.
        const std::size_t known = drawn(0, 4) == 0 ? n_computed + plan.calls[call] : n_computed;
        const std::size_t n_shared = std::min(drawn(1, known + 1), info.window_tokens - 1);
        const std::size_t n_other =
            std::min(1 + drawn(2, most_other_tokens), info.window_tokens - n_shared);
        Tokens branch(plan.tokens.begin(),
                      plan.tokens.begin() + static_cast<std::ptrdiff_t>(n_shared));
        for (std::size_t t = 0; t < n_other; ++t)
            branch.push_back(static_cast<TokenId>(drawn(3 + t, info.n_vocab)));
        branches.push_back(std::move(branch));
    }
    return branches;
}

Result<model::StepCost> compute_logits(model::Model& model, const LogitsPlan& plan,
                                       const RowSink& sink,
                                       const std::function<void(std::size_t)>& on_progress,
                                       const std::stop_token& stop) {
    if (auto checked = check(plan, model.info()); !checked) return checked.error();
    model::StepCost cost;
    std::vector<float> logits;
    std::size_t n_done = 0;
    for (std::size_t call = 0; call < plan.calls.size(); ++call) {
        const auto aside = side_branches(plan, call, n_done, model.info());
        if (auto done = step_aside(model, aside, logits, stop); !done) return done.error();
        std::vector<std::span<const TokenId>> rows;
        for (std::size_t i = 0; i < plan.calls[call]; ++i)
            rows.emplace_back(plan.tokens.data(), n_done + i + 1);
        const auto done = step(model, rows, logits, stop);
        if (!done) return done.error();
        cost.computed_tokens += done->computed_tokens;
        cost.cached_tokens += done->cached_tokens;
        if (auto taken = sink(logits); !taken) return taken.error();
        n_done += rows.size();
        on_progress(n_done);
    }
    return cost;
}

}  // namespace fabula::app
