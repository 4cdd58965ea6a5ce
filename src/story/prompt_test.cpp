// SPDX-License-Identifier: 0BSD
#include "story/prompt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace fabula::story {
namespace {

// A token a word, so that the figures below can be counted by hand.
Measure words_in(const Tree& tree) {
    return [&tree](const PromptPiece& piece) {
        const auto text = tree.at(piece.passage).text.substr(piece.begin, piece.end - piece.begin);
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), ' '));
    };
}

std::string text_of(const Tree& tree, const PromptPlan& plan) {
    std::string text;
    for (const auto& piece : plan.pieces)
        text += tree.at(piece.passage).text.substr(piece.begin, piece.end - piece.begin);
    return text;
}

// "One two three four. " passages of `n` four-word sentences below the opening.
PassageId grow(Tree& tree, PassageId from, int n) {
    for (int i = 0; i < n; ++i) {
        std::string text = "Step " + std::to_string(i) + " came then. ";
        from = tree.add(from, Origin::generated, std::move(text)).value();
    }
    return from;
}

TEST(PromptPlan, is_the_whole_story_where_it_fits) {
    Tree tree("A fox sat down. ");
    const auto end = grow(tree, PassageId::root, 3);
    const auto plan = plan_prompt(tree, end, 16, words_in(tree));
    ASSERT_TRUE(plan);
    EXPECT_EQ(text_of(tree, *plan), tree.read(end).value());
    EXPECT_EQ(plan->tokens, 16U);
    EXPECT_EQ(plan->omitted_bytes, 0U);
}

TEST(PromptPlan, keeps_the_opening_and_the_newest_sentences_past_the_window) {
    Tree tree("A fox sat down. It was quite late that day. ");
    const auto end = grow(tree, PassageId::root, 20);
    const auto plan = plan_prompt(tree, end, 40, words_in(tree));
    ASSERT_TRUE(plan);
    const auto text = text_of(tree, *plan);
    EXPECT_TRUE(text.starts_with("A fox sat down. It was quite late that day. Step ")) << text;
    EXPECT_TRUE(text.ends_with("Step 19 came then. ")) << text;
    EXPECT_LE(plan->tokens, 40U);
    EXPECT_EQ(plan->omitted_bytes + text.size(), tree.read(end).value().size());
}

TEST(PromptPlan, moves_its_front_seldom) {
    Tree tree("A fox sat down. ");
    auto end = grow(tree, PassageId::root, 10);
    std::set<std::string> fronts;
    for (int i = 0; i < 40; ++i) {
        end = tree.add(end, Origin::generated, "More words came now. ").value();
        const auto plan = plan_prompt(tree, end, 84, words_in(tree));
        ASSERT_TRUE(plan);
        ASSERT_LE(plan->tokens, 84U);
        const auto& second = plan->pieces.at(1);
        fronts.insert(std::to_string(static_cast<unsigned>(second.passage)));
    }
    // 40 sentences of 4 tokens go by; a hop is 40 tokens, so the front moves about four times.
    EXPECT_LE(fronts.size(), 5U);
}

TEST(PromptPlan, leaves_out_an_opening_whose_first_sentence_is_too_long) {
    Tree tree("One two three four five six seven eight nine ten eleven twelve. ");
    const auto end = grow(tree, PassageId::root, 5);
    const auto plan = plan_prompt(tree, end, 20, words_in(tree));
    ASSERT_TRUE(plan);
    EXPECT_TRUE(text_of(tree, *plan).starts_with("Step "));
}

TEST(PromptPlan, says_so_when_not_even_the_last_sentence_fits) {
    const Tree tree("One two three four five six seven eight nine ten eleven twelve. ");
    const auto plan = plan_prompt(tree, PassageId::root, 8, words_in(tree));
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().code, ErrorCode::exhausted);
    EXPECT_NE(plan.error().message.find("12 tokens"), std::string::npos);
}

}  // namespace
}  // namespace fabula::story
