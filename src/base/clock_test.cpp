// SPDX-License-Identifier: 0BSD
#include "base/clock.h"

#include <gtest/gtest.h>

namespace fabula {
namespace {

TEST(Clock, writes_a_moment_as_iso_8601) {
    EXPECT_EQ(to_iso8601(Timestamp{0}), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(to_iso8601(Timestamp{1769850307123}), "2026-01-31T09:05:07.123Z");
    EXPECT_EQ(to_iso8601(Timestamp{-1}), "1969-12-31T23:59:59.999Z");
}

TEST(Clock, does_not_stand_before_this_code_was_written) {
    EXPECT_GT(static_cast<std::int64_t>(now()), 1767225600000);
}

}  // namespace
}  // namespace fabula
