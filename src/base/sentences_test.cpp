// SPDX-License-Identifier: 0BSD
#include "base/sentences.h"

#include <gtest/gtest.h>

namespace fabula {
namespace {

using Ends = std::vector<std::size_t>;

TEST(Sentences, end_before_the_next_begins) {
    EXPECT_EQ(sentence_ends("She ran. He did not."), (Ends{9, 20}));
    EXPECT_EQ(sentence_ends("She ran. He did"), (Ends{9}));
    EXPECT_EQ(sentence_ends(""), Ends{});
}

TEST(Sentences, do_not_end_at_speech_that_goes_on) {
    EXPECT_EQ(sentence_ends("\"Stop!\" said Lily. Tom ran"), (Ends{19}));
}

TEST(Sentences, do_not_end_at_an_abbreviation_or_a_number) {
    EXPECT_EQ(sentence_ends("Mr. Fox had 3.5 eggs. He ate"), (Ends{22}));
    EXPECT_FALSE(ends_sentence("She met Mr."));
    EXPECT_TRUE(ends_sentence("She met the man."));
}

TEST(Sentences, end_behind_closing_quotes_and_white_space) {
    EXPECT_TRUE(ends_sentence("\"Come in,\" he said. \"Now!\" \n"));
    EXPECT_TRUE(ends_sentence("\xE2\x80\x9CNow.\xE2\x80\x9D"));
    EXPECT_TRUE(ends_sentence("And then\xE2\x80\xA6"));
    EXPECT_FALSE(ends_sentence("\"Come in,\" he said"));
    EXPECT_FALSE(ends_sentence(""));
    EXPECT_FALSE(ends_sentence("\"\""));
}

TEST(Words, are_folded_runs_of_letters_with_inner_apostrophes) {
    EXPECT_EQ(words_of("Don't \xE2\x80\x98stop\xE2\x80\x99, \xC3\x89mile: 42!"),
              (std::vector<std::string>{"don't", "stop", "\xC3\xA9mile", "42"}));
    EXPECT_TRUE(words_of(" -- ").empty());
}

}  // namespace
}  // namespace fabula
