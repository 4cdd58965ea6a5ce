// SPDX-License-Identifier: 0BSD
#include "exchange/import_joins.h"

#include "base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace fabula::exchange {
namespace {

std::string dense(std::string text) {
    std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
    return text;
}

std::string random_text(const Rng& rng, std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i)
        text += "ab \n"[static_cast<std::size_t>(rng.uniform(i) * 4)];
    return text;
}

TEST(Joins, the_end_of_a_text_is_known_whatever_its_white_space) {
    EXPECT_TRUE(end_alike("The sea. It was cold.", "It  was\ncold. "));
    EXPECT_TRUE(end_alike("was cold.", "It was cold."));
    EXPECT_FALSE(end_alike("It was cold.", "It was old, cold"));
    EXPECT_FALSE(end_alike("It was cold.", " \n"));
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        const std::string a = random_text(Rng(seed), 1 + seed % 7);
        const std::string b = random_text(Rng(seed).child(1), 1 + seed % 5);
        const std::string x = dense(a);
        const std::string y = dense(b);
        const bool is_alike = !x.empty() && !y.empty() && (x.ends_with(y) || y.ends_with(x));
        EXPECT_EQ(end_alike(a, b), is_alike) << a << "|" << b;
    }
}

TEST(Joins, what_stands_behind_the_story_keeps_its_white_space) {
    EXPECT_EQ(behind("The sea.", "The sea. It was cold.\n\nVery."), " It was cold.\n\nVery.");
    EXPECT_EQ(behind("The sea. ", "The sea. It was cold."), "It was cold.");
    EXPECT_EQ(behind("", "It was cold."), "It was cold.");
    EXPECT_FALSE(behind("The sea.", "The sea. \n"));
    EXPECT_FALSE(behind("The sea.", "The seal."));
    EXPECT_FALSE(behind("The sea.", ""));
}

TEST(Joins, an_input_may_begin_within_the_story) {
    EXPECT_EQ(behind("A long beginning. The lighthouse was dark.",
                     "The lighthouse was dark. Nobody came."),
              " Nobody came.");
    EXPECT_FALSE(behind("A long beginning. The sea.", "The sea. Nobody came."));  // too short
    // Against every overlap, the longest first.
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        const std::string story = random_text(Rng(seed), 60);
        const std::string input = story.substr(20 + seed % 15) + random_text(Rng(seed).child(1), 9);
        const std::string a = dense(story);
        const std::string b = dense(input);
        std::size_t n = b.starts_with(a) ? a.size() : std::min(a.size(), b.size());
        while (n > 0 && !a.ends_with(b.substr(0, n)))
            --n;
        const auto found = behind(story, input);
        const bool is_behind = n >= least_overlap && n < b.size();
        ASSERT_EQ(found.has_value(), is_behind) << story << "|" << input;
        EXPECT_EQ(dense(found.value_or("")), is_behind ? b.substr(n) : "");
    }
}

TEST(Joins, words_are_not_glued_and_marks_stay_where_they_belong) {
    EXPECT_TRUE(needs_space("The sea.", "It was"));
    EXPECT_TRUE(needs_space("The sea.", "\"No,\""));
    for (const auto& [story, text] : {std::pair{"The sea. ", "It"}, std::pair{"The sea", " was"},
                                      std::pair{"The sea", ", cold"}, std::pair{"He said “", "No"},
                                      std::pair{"", "It"}, std::pair{"It", ""}})
        EXPECT_FALSE(needs_space(story, text)) << story << "|" << text;
}

}  // namespace
}  // namespace fabula::exchange
