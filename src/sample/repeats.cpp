// SPDX-License-Identifier: 0BSD
#include "sample/repeats.h"

#include "sample/scan.h"

#include <algorithm>

namespace fabula::sample {
namespace {

constexpr std::size_t walks_a_token = 2;  // steps of all walks together, for each token of the text

}  // namespace

// Looks at every place whose one or two tokens before it end the text, too. False, with nothing
// found, where that takes too many steps.
bool Repeats::walk(std::span<const TokenId> history, Lengths lengths) {
    const std::size_t n = history.size();
    const TokenId* const token = history.data();
    const TokenId last = token[n - 1];
    const TokenId second_last = n > 1 ? token[n - 2] : last;
    const std::size_t first = std::max<std::size_t>(lengths.least, 1);
    std::size_t steps_left = walks_a_token * n;
    const auto take = [&](std::size_t at) {
        std::size_t length = 1;
        while (length < lengths.most && length < at && steps_left > 0 &&
               token[at - 1 - length] == token[n - 1 - length]) {
            ++length;
            --steps_left;
        }
        if (length >= lengths.least) found_.push_back({token[at], length});
    };
    // Index i stands for place first + i.
    const TokenId* const before = token + first - 1;
    if (first >= 2) {
        take_where(
            n - first,
            [=](std::size_t i) { return (before[i] == last) & (before[i - 1] == second_last); },
            [&](std::size_t i) { take(first + i); });
    } else {
        take_where(
            n - first, [=](std::size_t i) { return before[i] == last; },
            [&](std::size_t i) { take(first + i); });
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
            found_.push_back({back(i - 1), std::min(length, lengths.most)});
    }
}

std::span<const Follower> Repeats::of(std::span<const TokenId> history, Lengths lengths) {
    found_.clear();
    if (lengths.least == 0) {
        for (const auto token : history)
            found_.push_back({token, 0});
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
