// SPDX-License-Identifier: 0BSD
#include "evaluate/round_numbers.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fabula::evaluate {
namespace {

using Numbers = std::vector<double>;

TEST(RoundNumbers, enclose_what_they_are_for) {
    EXPECT_EQ(round_numbers(0.51, 1.28, 6), (Numbers{0.4, 0.6, 0.8, 1, 1.2, 1.4}));
    EXPECT_EQ(round_numbers(0, 100, 4), (Numbers{0, 25, 50, 75, 100}));
    EXPECT_EQ(round_numbers(-0.21, 0.34, 4), (Numbers{-0.4, -0.2, 0, 0.2, 0.4}));
    EXPECT_EQ(round_numbers(32, 64, 4), (Numbers{30, 40, 50, 60, 70}));
}

TEST(RoundNumbers, are_never_fewer_than_two) {
    for (const double value : {0.0, 0.8, 48.0, 1.0, -3.0, 1e6}) {
        const auto numbers = round_numbers(value, value, 4);
        ASSERT_GE(numbers.size(), 2U) << value;
        EXPECT_LE(numbers.size(), 4U) << value;
        EXPECT_LE(numbers.front(), value);
        EXPECT_GE(numbers.back(), value);
        EXPECT_LT(numbers.front(), numbers.back());
    }
}

TEST(RoundNumbersByRatio, are_those_of_one_two_and_five) {
    EXPECT_EQ(round_numbers_by_ratio(10, 200), (Numbers{10, 20, 50, 100, 200}));
    EXPECT_EQ(round_numbers_by_ratio(12, 90), (Numbers{10, 20, 50, 100}));
    EXPECT_EQ(round_numbers_by_ratio(40, 40), (Numbers{20, 50}));
    EXPECT_EQ(round_numbers_by_ratio(1, 1), (Numbers{1, 2}));
    EXPECT_EQ(round_numbers_by_ratio(3, 40000), (Numbers{1, 10, 100, 1000, 10000, 100000}));
}

TEST(ClassOf, holds_its_lower_edge_and_the_last_its_upper) {
    const Numbers edges{0.4, 0.6, 0.8};
    EXPECT_EQ(class_of(0.4, edges), 0U);
    EXPECT_EQ(class_of(0.1 + 0.5, edges), 1U);
    EXPECT_EQ(class_of(3 * 0.2, edges), 1U);
    EXPECT_EQ(class_of(0.8, edges), 1U);
    EXPECT_EQ(class_of(0.1, edges), 0U);
    EXPECT_EQ(class_of(7, edges), 1U);
}

TEST(ShortNumber, has_what_matters) {
    EXPECT_EQ(short_number(0.25), "0.25");
    EXPECT_EQ(short_number(40), "40");
    EXPECT_EQ(short_number(-0.0), "0");
    EXPECT_EQ(short_number(47.98765), "47.99");
}

}  // namespace
}  // namespace fabula::evaluate
