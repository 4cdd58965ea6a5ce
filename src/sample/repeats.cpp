// SPDX-License-Identifier: 0BSD
#include "sample/repeats.h"

#include <algorithm>

namespace fabula::sample {
namespace {

constexpr std::size_t walks_a_token = 2;  // steps of all walks together, for each token of the text

// Places that are looked at before anything is decided about them: most strides have none.
constexpr std::size_t stride = 32;

// Whether one of the `stride` tokens from `token` on is `wanted`. Without a branch a token, so that
// compilers look at several at once.
bool has_one(const TokenId* token, TokenId wanted) {
    TokenId found = 0;
    for (std::size_t i = 0; i < stride; ++i)
        found |= token[i] == wanted ? 1 : 0;
    return found != 0;
}

// The same with `before` in front of it.
bool has_pair(const TokenId* token, TokenId wanted, TokenId before) {
    TokenId found = 0;
    for (std::size_t i = 0; i < stride; ++i)
        found |= ((token[i] ^ wanted) | (token[i - 1] ^ before)) == 0 ? 1 : 0;
    return found != 0;
}

// Whether one of the `stride` tokens from `token` on is the last of `history`, behind its last but
// one where at least two tokens count.
bool may_end_here(const TokenId* token, std::span<const TokenId> history, std::size_t least) {
    const TokenId last = history.back();
    return least < 2 ? has_one(token, last) : has_pair(token, last, history[history.size() - 2]);
}

}  // namespace

// In a text that repeats itself much the same token is found again and again.
void Repeats::note(Follower follower) {
    if (!found_.empty() && found_.back().token == follower.token)
        found_.back().length = std::max(found_.back().length, follower.length);
    else
        found_.push_back(follower);
}

// Looks at every place whose one or two tokens before it end the text, too. False, with nothing
// found, where that takes too many steps.
bool Repeats::walk(std::span<const TokenId> history, Lengths lengths) {
    const std::size_t n = history.size();
    const TokenId* const token = history.data();
    const std::size_t first = std::max<std::size_t>(lengths.least, 1);
    std::size_t steps_left = walks_a_token * n;
    const auto length_at = [&](std::size_t at) {
        std::size_t length = 0;
        while (length < lengths.most && length < at && steps_left > 0 &&
               token[at - 1 - length] == token[n - 1 - length]) {
            ++length;
            --steps_left;
        }
        return length;
    };
    for (std::size_t begin = first; begin < n; begin += stride) {
        const std::size_t end = std::min(begin + stride, n);
        if (end - begin == stride && !may_end_here(token + begin - 1, history, first)) continue;
        for (std::size_t at = begin; at < end; ++at) {
            const std::size_t length = length_at(at);
            if (length >= first) note({token[at], length});
        }
    }
    return steps_left > 0;
}

// Of the text read backwards, common_[i] is how many tokens from place i on are those of its
// beginning.
void Repeats::measure(std::span<const TokenId> history, Lengths lengths) {
    const std::size_t n = history.size();
    const auto back = [&](std::size_t i) { return history[n - 1 - i]; };
    common_.assign(n, 0);
    std::size_t left = 0;
    std::size_t right = 0;  // [left, right) is the known piece that reaches farthest
    for (std::size_t i = 1; i < n; ++i) {
        std::size_t length = i < right ? std::min(right - i, common_[i - left]) : 0;
        while (i + length < n && back(length) == back(i + length))
            ++length;
        if (i + length > right) {
            left = i;
            right = i + length;
        }
        common_[i] = length;
        if (length >= std::max<std::size_t>(lengths.least, 1))
            note({back(i - 1), std::min(length, lengths.most)});
    }
}

std::span<const Follower> Repeats::of(std::span<const TokenId> history, Lengths lengths) {
    found_.clear();
    if (lengths.least == 0) {
        for (const auto token : history)
            note({token, 0});
    }
    const std::size_t first = std::max<std::size_t>(lengths.least, 1);
    const std::size_t n_before = found_.size();
    if (lengths.most > 0 && history.size() > first && !walk(history, lengths)) {
        found_.resize(n_before);
        measure(history, lengths);
    }
    std::sort(found_.begin(), found_.end(), [](const Follower& a, const Follower& b) {
        return a.token != b.token ? a.token < b.token : a.length > b.length;
    });
    const auto end =
        std::unique(found_.begin(), found_.end(),
                    [](const Follower& a, const Follower& b) { return a.token == b.token; });
    found_.erase(end, found_.end());
    return found_;
}

}  // namespace fabula::sample
