// SPDX-License-Identifier: 0BSD
#include "app/read_bandwidth.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>

namespace fabula::app {
namespace {

TEST(ReadBandwidth, wide_loads_see_every_word_once) {
    alignas(64) std::array<std::uint64_t, 1024> words{};
    for (std::size_t i = 0; i < words.size(); ++i)
        words[i] = i * 0x9e3779b97f4a7c15U;
    EXPECT_EQ(wide_sum(words), std::accumulate(words.begin(), words.end(), std::uint64_t{0}));
    const std::span<const std::uint64_t> middle(words.data() + 64, 128);
    EXPECT_EQ(wide_sum(middle), std::accumulate(middle.begin(), middle.end(), std::uint64_t{0}));
}

TEST(ReadBandwidth, a_small_buffer_is_read_and_its_size_is_told) {
    const auto figures = read_bandwidth(4U << 20U, 2);
    ASSERT_TRUE(figures);
    EXPECT_EQ(figures->buffer_bytes, 4U << 20U);
    EXPECT_GT(figures->gib_per_second, 0.001);
    EXPECT_LT(figures->gib_per_second, 100000);
}

TEST(ReadBandwidth, the_buffer_is_two_gibibytes_unless_memory_is_short) {
    EXPECT_EQ(read_buffer_bytes(64ULL << 30U), 2ULL << 30U);
    EXPECT_EQ(read_buffer_bytes(4ULL << 30U), 2ULL << 30U);
    EXPECT_EQ(read_buffer_bytes(1ULL << 30U), 512U << 20U);
    EXPECT_EQ(read_buffer_bytes(0), 16U << 20U);
    EXPECT_EQ(read_buffer_bytes((1ULL << 30U) + 12345) % 4096, 0U);
}

TEST(ReadBandwidth, a_buffer_that_no_machine_has_is_refused) {
    const auto figures = read_bandwidth(std::size_t{1} << 60U, 1);
    ASSERT_FALSE(figures);
    EXPECT_EQ(figures.error().code, ErrorCode::exhausted);
}

}  // namespace
}  // namespace fabula::app
