// SPDX-License-Identifier: 0BSD
#include "sample/nearest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fabula::sample {
namespace {

const std::vector<std::string_view> known{"temperature", "top_k", "top_p", "min_p"};

TEST(Nearest, finds_the_name_that_few_slips_made_into_what_was_typed) {
    EXPECT_EQ(nearest("tempreature", known), "temperature");  // swapped
    EXPECT_EQ(nearest("temprature", known), "temperature");   // left out
    EXPECT_EQ(nearest("min_pp", known), "min_p");             // doubled
    EXPECT_EQ(nearest("top-k", known), "top_k");
    EXPECT_EQ(nearest("top_q", known), "top_k");  // the first of equals
}

TEST(Nearest, finds_none_where_none_is_near) {
    EXPECT_EQ(nearest("repetition", known), "");
    EXPECT_EQ(nearest("", known), "");
    EXPECT_EQ(nearest(std::string(100000, 't'), known), "");
}

TEST(UnknownName, lists_what_is_known_where_none_is_near) {
    EXPECT_EQ(unknown_name("stage", "beam", known).message,
              "unknown stage 'beam'; known are temperature, top_k, top_p, min_p");
}

TEST(UnknownName, is_one_short_printable_line_whatever_was_typed) {
    const auto message =
        unknown_name("stage", "a\nb\x1B[2J\xFF" + std::string(5000, 'z'), known).message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
    EXPECT_EQ(message.find('\x1B'), std::string::npos);
    EXPECT_LT(message.size(), 200U);
    EXPECT_NE(message.find("'a?b?[2J?zz"), std::string::npos) << message;
}

}  // namespace
}  // namespace fabula::sample
