// SPDX-License-Identifier: 0BSD
#include "model/memory.h"

#include <gtest/gtest.h>

namespace fabula::model {
namespace {

TEST(Memory, is_read_from_the_line_that_counts_what_may_be_taken) {
    const auto free = free_memory_in(
        "MemTotal:       24028212 kB\nMemFree:         1000 kB\nMemAvailable:    4194304 kB\n");
    EXPECT_EQ(free, std::uint64_t{4} << 30U);
}

TEST(Memory, is_unknown_where_the_text_does_not_say_it) {
    EXPECT_FALSE(free_memory_in(""));
    EXPECT_FALSE(free_memory_in("MemTotal: 5 kB\n"));
    EXPECT_FALSE(free_memory_in("NotMemAvailable: 5 kB\n"));
    EXPECT_FALSE(free_memory_in("MemAvailable:"));
    EXPECT_FALSE(free_memory_in("MemAvailable: much kB\n"));
    EXPECT_FALSE(free_memory_in("MemAvailable: 12"));
    EXPECT_FALSE(free_memory_in("MemAvailable: 18446744073709551615 kB\n"));
}

TEST(Memory, of_this_machine_is_known) {
    const auto free = free_memory_bytes();
    ASSERT_TRUE(free);
    EXPECT_GT(*free, 1U << 20U);
}

TEST(Memory, refuses_what_does_not_fit_with_both_figures) {
    EXPECT_TRUE(check_fits("x.gguf", 10, 10));
    const auto refused = check_fits("x.gguf", 13207024435, std::uint64_t{4} << 30U);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
    EXPECT_EQ(refused.error().message,
              "model 'x.gguf' needs about 12.3 GiB, 4.0 GiB of memory are free");
}

TEST(Memory, sizes_are_said_in_the_largest_unit_that_keeps_a_whole) {
    EXPECT_EQ(readable_size(0), "0 B");
    EXPECT_EQ(readable_size(1023), "1023 B");
    EXPECT_EQ(readable_size(1024), "1.0 KiB");
    EXPECT_EQ(readable_size((1U << 20U) - 1), "1.0 MiB");
    EXPECT_EQ(readable_size(~std::uint64_t{0}), "16.0 EiB");
}

}  // namespace
}  // namespace fabula::model
