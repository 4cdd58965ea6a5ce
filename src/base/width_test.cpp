// SPDX-License-Identifier: 0BSD
#include "base/width.h"

#include <gtest/gtest.h>

namespace fabula {
namespace {

TEST(Width, counts_columns_by_grapheme) {
    EXPECT_EQ(columns_of("story"), 5U);
    EXPECT_EQ(columns_of("e\xCC\x81"), 1U);                 // e and a combining accent
    EXPECT_EQ(columns_of("\xE6\xBC\xA2\xE5\xAD\x97"), 4U);  // two Han characters
    EXPECT_EQ(columns_of("\xF0\x9F\x90\x8B"), 2U);          // whale
    EXPECT_EQ(columns_of("\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80"), 2U);  // one joined emoji
}

TEST(Width, wraps_between_words_and_keeps_line_breaks) {
    EXPECT_EQ(wrapped("the old door\nopened", 8),
              (std::vector<std::string>{"the old", "door", "opened"}));
    EXPECT_EQ(wrapped("a\n\nb", 8), (std::vector<std::string>{"a", "", "b"}));
    EXPECT_EQ(wrapped("unbelievable", 5), (std::vector<std::string>{"unbel", "ievab", "le"}));
    EXPECT_EQ(wrapped("\xE6\xBC\xA2\xE5\xAD\x97", 1).size(),
              2U);  // wider than the line: one a line
}

TEST(Width, cuts_a_prefix_between_graphemes) {
    EXPECT_EQ(first_columns("\xE6\xBC\xA2\xE5\xAD\x97", 3), "\xE6\xBC\xA2");
    EXPECT_EQ(first_columns("abc", 9), "abc");
}

}  // namespace
}  // namespace fabula
