// SPDX-License-Identifier: 0BSD
#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fabula {
namespace {

TEST(Utf8, knows_what_is_well_formed) {
    EXPECT_TRUE(is_utf8("plain, caf\xC3\xA9, \xE2\x82\xAC, \xF0\x9F\x90\x8B"));
    EXPECT_FALSE(is_utf8("\xC0\xAF"));          // overlong
    EXPECT_FALSE(is_utf8("\xE0\x80\xAF"));      // overlong
    EXPECT_FALSE(is_utf8("\xED\xA0\x80"));      // surrogate
    EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
    EXPECT_FALSE(is_utf8("cut \xE2\x82"));
    EXPECT_EQ(first_malformed("ab\xFFz"), 2U);
}

TEST(Utf8, cuts_only_between_characters) {
    const std::string whale = "a\xF0\x9F\x90\x8B";
    EXPECT_EQ(complete_prefix(whale), 5U);
    EXPECT_EQ(complete_prefix(whale.substr(0, 4)), 1U);
    EXPECT_EQ(complete_prefix(whale.substr(0, 2)), 1U);
    EXPECT_EQ(complete_prefix("a\x8B"), 2U);      // never a character: not waited for
    EXPECT_EQ(complete_prefix("a\xE2\x28"), 3U);  // nor this
    EXPECT_EQ(complete_prefix(""), 0U);
}

TEST(Utf8, repairs_each_maximal_broken_part_with_one_mark) {
    EXPECT_EQ(repaired_utf8("a\xFF"
                            "b"),
              "a\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(repaired_utf8("\xF0\x9F\x90z"), "\xEF\xBF\xBDz");
    EXPECT_EQ(repaired_utf8("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Utf8, walks_characters_both_ways) {
    const std::string text = "a\xC3\xA9\xFF\xF0\x9F\x90\x8B";
    std::vector<char32_t> forward;
    for (std::size_t at = 0; at < text.size();)
        forward.push_back(next_character(text, at));
    EXPECT_EQ(forward, (std::vector<char32_t>{'a', 0xE9, 0xFFFD, 0x1F40B}));
    std::vector<char32_t> backward;
    for (std::size_t at = text.size(); at > 0;)
        backward.insert(backward.begin(), previous_character(text, at));
    EXPECT_EQ(backward, forward);
}

TEST(Utf8, folds_and_raises_case_beyond_ascii) {
    EXPECT_EQ(folded("STRASSE"), folded("Stra\xC3\x9F"
                                        "e"));
    EXPECT_EQ(upper_case("\xC3\xA9t\xC3\xA9"), "\xC3\x89T\xC3\x89");
    EXPECT_EQ(title_case_first(" \xC3\xA9t\xC3\xA9"), " \xC3\x89t\xC3\xA9");
    EXPECT_EQ(title_case_first("42!"), "42!");
}

}  // namespace
}  // namespace fabula
