// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/merge_scores.h"

#include <gtest/gtest.h>

namespace fabula::model::hugging_face {
namespace {

using Texts = std::vector<std::string_view>;
using Merges = std::vector<Merge>;

TEST(MergeScores, says_the_order_of_the_merges) {
    const Texts tokens = {"a", "b", "c", "abc", "ab", "bc"};
    const Merges merges = {{"b", "c"}, {"a", "b"}, {"ab", "c"}, {"a", "bc"}};
    const auto scores = scores_of(tokens, merges);
    ASSERT_TRUE(scores) << scores.error().message;
    EXPECT_EQ(*scores, (std::vector<float>{-3, -4, -5, -2, -1, 0}));
}

TEST(MergeScores, go_back_to_merges_that_say_the_same) {
    const Texts tokens = {"a", "b", "\u2581", "\u2581a", "ab", "\u2581ab"};
    const Merges merges = {{"a", "b"}, {"\u2581", "a"}, {"\u2581", "ab"}, {"\u2581a", "b"}};
    const auto scores = scores_of(tokens, merges);
    ASSERT_TRUE(scores) << scores.error().message;
    const Merges again = merges_of(tokens, *scores);
    ASSERT_EQ(again.size(), merges.size());
    const auto same = scores_of(tokens, again);
    ASSERT_TRUE(same) << same.error().message;
    EXPECT_EQ(*same, *scores);
}

TEST(MergeScores, refuse_what_an_order_of_tokens_cannot_say) {
    // "abc" is made by two pairs, and another token stands between them.
    const Texts tokens = {"a", "b", "c", "ab", "bc", "abc"};
    const auto apart = scores_of(tokens, Merges{{"b", "c"}, {"a", "bc"}, {"a", "b"}, {"ab", "c"}});
    ASSERT_FALSE(apart);
    EXPECT_EQ(apart.error().code, ErrorCode::invalid_input);
    EXPECT_NE(apart.error().message.find("'abc'"), std::string::npos);
    // llama.cpp would merge a and bc, the merges do not.
    const auto fewer = scores_of(tokens, Merges{{"b", "c"}, {"a", "b"}, {"ab", "c"}});
    ASSERT_FALSE(fewer);
    EXPECT_NE(fewer.error().message.find("'abc'"), std::string::npos);
    const auto strange = scores_of(tokens, Merges{{"a", "d"}});
    ASSERT_FALSE(strange);
    EXPECT_EQ(strange.error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace fabula::model::hugging_face
