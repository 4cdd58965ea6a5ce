// SPDX-License-Identifier: 0BSD
#include "base/result.h"

#include <gtest/gtest.h>

namespace fabula {
namespace {

Result<int> half_of(int n) {
    if (n % 2 != 0) return Error{ErrorCode::invalid_input, "odd number"};
    return n / 2;
}

TEST(Result, carries_the_value_or_the_reason) {
    EXPECT_EQ(half_of(8).value(), 4);
    EXPECT_EQ(half_of(7).error().code, ErrorCode::invalid_input);
    EXPECT_STREQ(name_of(half_of(7).error().code), "invalid_input");
}

}  // namespace
}  // namespace fabula
