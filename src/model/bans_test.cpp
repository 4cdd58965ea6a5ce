// SPDX-License-Identifier: 0BSD
#include "model/bans.h"

#include <gtest/gtest.h>

namespace fabula::model {
namespace {

using Found = std::optional<std::size_t>;

Bans watching(const std::vector<std::string>& words, const std::vector<std::string>& patterns,
              std::string_view prompt = "") {
    sample::Settings settings;
    settings.bad_words = words;
    settings.bad_patterns = patterns;
    Bans::Compiled compiled;
    return {settings, prompt, compiled};
}

TEST(Bans, find_phrases_and_patterns_when_they_are_certain) {
    auto bans = watching({"once upon"}, {"[0-9]+"});
    EXPECT_EQ(bans.append("Well, once"), std::nullopt);
    EXPECT_EQ(bans.open(10), 6U);
    EXPECT_EQ(bans.open(6), Bans::npos);
    EXPECT_EQ(bans.append("\nUpon"), std::nullopt);
    EXPECT_EQ(bans.finish(), Found(6));
    EXPECT_EQ(bans.append(" a"), Found(6));
    bans.take_back(0);
    EXPECT_EQ(bans.append("In 19"), Found(3));  // "1" is followed by something
    bans.take_back(3);
    EXPECT_EQ(bans.append("7"), std::nullopt);
    EXPECT_EQ(bans.open(4), 3U);
    EXPECT_EQ(bans.finish(), Found(3));
}

TEST(Bans, give_the_first_of_several_that_stand_there_at_once) {
    auto bans = watching({"b c", "c d"}, {"a b c"});
    EXPECT_EQ(bans.append("x a b c d "), Found(2));
    bans.take_back(4);
    EXPECT_EQ(bans.append("b c d"), Found(2));
    bans.take_back(6);
    EXPECT_EQ(bans.append("x"), std::nullopt);
    EXPECT_EQ(bans.finish(), std::nullopt);
}

TEST(Bans, begin_in_the_prompt_and_end_in_the_candidate) {
    auto bans = watching({"the end"}, {"x+y"}, "xx the end. And the");
    EXPECT_EQ(bans.finish(), std::nullopt);  // what stands in the prompt alone is nobody's fault
    EXPECT_EQ(bans.open(0), 0U);
    EXPECT_EQ(bans.append(" e"), std::nullopt);
    EXPECT_EQ(bans.append("nd"), std::nullopt);
    EXPECT_EQ(bans.append("."), Found(0));
    bans.take_back(0);
    EXPECT_EQ(bans.append("y"), std::nullopt);
    EXPECT_EQ(bans.finish(), std::nullopt);
    auto patterns = watching({}, {"x+y"}, "a xx");
    EXPECT_EQ(patterns.open(0), 0U);
    EXPECT_EQ(patterns.append("y z"), Found(0));
    patterns.take_back(0);
    EXPECT_EQ(patterns.append("z xy"), std::nullopt);
    EXPECT_EQ(patterns.finish(), Found(2));
}

TEST(Bans, decide_again_what_followed_when_it_was_taken_back) {
    auto bans = watching({}, {"\\bcat\\b"});
    EXPECT_EQ(bans.append("a cat"), std::nullopt);
    EXPECT_EQ(bans.append("s"), std::nullopt);
    bans.take_back(5);
    EXPECT_EQ(bans.append("."), Found(2));
}

TEST(Bans, wait_for_characters_to_be_whole) {
    auto bans = watching({}, {"\u00E9"});
    EXPECT_EQ(bans.append("caf\xC3"), std::nullopt);
    EXPECT_EQ(bans.finish(), std::nullopt);
    EXPECT_EQ(bans.append("\xA9"), std::nullopt);
    EXPECT_EQ(bans.finish(), Found(3));
    bans.take_back(4);  // between the two bytes
    EXPECT_EQ(bans.append("\xA8!"), std::nullopt);
    EXPECT_EQ(bans.finish(), std::nullopt);
}

TEST(Bans, cost_nothing_where_nothing_is_banned) {
    auto bans = watching({}, {}, "a prompt");
    EXPECT_EQ(Bans::reach_bytes({}), 0U);
    EXPECT_EQ(bans.append("text"), std::nullopt);
    bans.take_back(0);
    EXPECT_EQ(bans.finish(), std::nullopt);
    EXPECT_EQ(bans.open(0), Bans::npos);
}

}  // namespace
}  // namespace fabula::model
