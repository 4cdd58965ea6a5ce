// SPDX-License-Identifier: 0BSD
#include "model/llama/sequences.h"

#include <gtest/gtest.h>

namespace fabula::model {
namespace {

using Tokens = std::vector<TokenId>;

void hold(Sequences& sequences, std::size_t index, const Tokens& tokens) {
    sequences[index].tokens = tokens;
    sequences[index].n_computed = tokens.size();
}

TEST(Sequences, find_the_one_that_a_branch_extends_by_a_token) {
    Sequences sequences(4);
    hold(sequences, 2, {1, 2, 3});
    hold(sequences, 3, {1, 2, 3});
    sequences.begin_step();
    const Tokens branch = {1, 2, 3, 4};
    EXPECT_EQ(sequences.extended_by(branch, 3), 3U);
    EXPECT_EQ(sequences.extended_by(branch, 0), 2U);
    sequences.claim(2);
    sequences.claim(3);
    EXPECT_FALSE(sequences.extended_by(branch, 3));
    EXPECT_FALSE(sequences.extended_by(Tokens{1}, 0));  // an empty sequence is no prefix to extend
}

TEST(Sequences, match_the_longest_prefix_but_never_the_last_token) {
    Sequences sequences(3);
    hold(sequences, 0, {1, 2});
    hold(sequences, 1, {1, 2, 3, 4, 9});
    const Match match = sequences.best_match(Tokens{1, 2, 3, 4, 5});
    EXPECT_EQ(match.sequence, 1U);
    EXPECT_EQ(match.n_common, 4U);
    EXPECT_FALSE(sequences.can_take_over(match, Tokens{1, 2, 3, 4, 5}));  // 9 would be lost

    const Tokens same = {1, 2, 3, 4, 9};
    EXPECT_EQ(sequences.best_match(same).n_common, 4U);
    EXPECT_TRUE(sequences.can_take_over(sequences.best_match(same), same));
}

TEST(Sequences, prefer_among_equals_one_that_can_be_taken_over) {
    Sequences sequences(3);
    hold(sequences, 0, {1, 2, 7});
    hold(sequences, 1, {1, 2});
    EXPECT_EQ(sequences.best_match(Tokens{1, 2, 5}).sequence, 1U);
    sequences.claim(1);
    EXPECT_EQ(sequences.best_match(Tokens{1, 2, 5}).n_common, 2U);
    EXPECT_EQ(sequences.best_match(Tokens{8, 8}).sequence, 2U);  // the empty one
}

TEST(Sequences, give_up_empty_ones_first_and_then_the_oldest) {
    Sequences sequences(4);
    for (std::size_t i = 0; i < 3; ++i) {
        sequences.begin_step();
        sequences.claim(i);
        hold(sequences, i, {1, 2, static_cast<TokenId>(i)});
    }
    sequences.begin_step();
    EXPECT_EQ(sequences.least_missed(99), 3U);
    hold(sequences, 3, {5});
    sequences.claim(3);
    EXPECT_EQ(sequences.least_missed(99), 0U);
    EXPECT_EQ(sequences.least_missed(0), 1U);
    EXPECT_EQ(sequences.least_missed_of_filled(), 0U);
    for (std::size_t i = 0; i < 3; ++i)
        sequences.claim(i);
    EXPECT_FALSE(sequences.least_missed(99));
    EXPECT_FALSE(sequences.least_missed_of_filled());
}

}  // namespace
}  // namespace fabula::model
