// SPDX-License-Identifier: 0BSD
#include "sample/repeats.h"

#include "base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace fabula::sample {
namespace {

using Ids = std::vector<TokenId>;

std::vector<Follower> by_looking_everywhere(const Ids& history, Lengths lengths) {
    std::map<TokenId, std::size_t> longest;
    for (std::size_t at = 0; at < history.size(); ++at) {
        std::size_t length = 0;
        while (length < lengths.most && length < at &&
               history[at - 1 - length] == history[history.size() - 1 - length])
            ++length;
        if (length < lengths.least) continue;
        auto& best = longest[history[at]];
        best = std::max(best, length);
    }
    std::vector<Follower> found;
    found.reserve(longest.size());
    for (const auto& [token, length] : longest)
        found.push_back({token, length});
    return found;
}

std::vector<Follower> as_vector(std::span<const Follower> found) {
    return {found.begin(), found.end()};
}

TEST(Repeats, finds_what_looking_everywhere_finds) {
    Repeats repeats;
    for (std::uint64_t trial = 0; trial < 3000; ++trial) {
        const Rng rng = Rng(7).child(trial);
        const auto n = static_cast<std::size_t>(rng.uniform(0) * 60);
        const double n_words = 1 + std::floor(rng.uniform(1) * 6);
        Ids history;
        history.reserve(n);
        for (std::size_t i = 0; i < n; ++i)
            history.push_back(static_cast<TokenId>(rng.uniform(2 + i) * n_words));
        const Lengths lengths{static_cast<std::size_t>(rng.uniform(100) * 4),
                              static_cast<std::size_t>(rng.uniform(101) * 12)};
        if (lengths.most < lengths.least) continue;
        ASSERT_EQ(as_vector(repeats.of(history, lengths)), by_looking_everywhere(history, lengths))
            << "trial " << trial;
    }
}

TEST(Repeats, names_the_longest_repetition_before_each_token) {
    Repeats repeats;
    const Ids history{1, 2, 3, 9, 2, 3, 8, 1, 2, 3};
    EXPECT_EQ(as_vector(repeats.of(history, {1, 10})), (std::vector<Follower>{{8, 2}, {9, 3}}));
    EXPECT_EQ(as_vector(repeats.of(history, {3, 10})), (std::vector<Follower>{{9, 3}}));
    EXPECT_EQ(as_vector(repeats.of(history, {2, 2})), (std::vector<Follower>{{8, 2}, {9, 2}}));
    EXPECT_TRUE(repeats.of({}, {1, 10}).empty());
}

TEST(Repeats, goes_through_a_text_of_one_word_once) {
    Repeats repeats;
    Ids history(200000, 5);
    EXPECT_EQ(as_vector(repeats.of(history, {2, 1000000})), (std::vector<Follower>{{5, 199999}}));
    for (std::size_t i = 0; i < history.size(); i += 2)
        history[i] = 6;
    EXPECT_EQ(as_vector(repeats.of(history, {2, 1000000})), (std::vector<Follower>{{6, 199998}}));
}

}  // namespace
}  // namespace fabula::sample
