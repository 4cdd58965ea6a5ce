// SPDX-License-Identifier: 0BSD
#include "model/cpu/half.h"

#include "model/cpu/plain_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace fabula::model::cpu {
namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();

bool is_nan(std::uint16_t half) {
    return (half & 0x7C00U) == 0x7C00U && (half & 0x3FFU) != 0;
}

// The nearest half by its definition: the closer of two neighbours, at a tie the even one. Halves
// with a positive sign are ordered as their bits.
std::uint16_t nearest_half(float value) {
    const double size = std::fabs(static_cast<double>(value));
    std::uint16_t below = 0;
    for (unsigned step = 0x4000; step > 0; step /= 2) {
        const auto next = static_cast<std::uint16_t>(below + step);
        if (next < 0x7C00 && plain_half(next) <= size) below = next;
    }
    const auto above = static_cast<std::uint16_t>(below + 1);  // infinity counts as 2^16
    const double above_size = above == 0x7C00 ? 65536.0 : plain_half(above);
    const double to_below = size - plain_half(below);
    const double to_above = above_size - size;
    const bool goes_up = to_above < to_below || (to_above == to_below && below % 2 == 1);
    return static_cast<std::uint16_t>((goes_up ? above : below) |
                                      (std::signbit(value) ? 0x8000U : 0U));
}

TEST(Half, every_half_is_the_number_that_its_bits_say) {
    for (unsigned bits = 0; bits < 65536; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        const float number = float_of_half(half);
        if (is_nan(half)) {
            ASSERT_TRUE(std::isnan(number)) << bits;
            continue;
        }
        ASSERT_EQ(static_cast<double>(number), plain_half(half)) << bits;
        ASSERT_EQ(std::signbit(number), (bits & 0x8000U) != 0) << bits;
        ASSERT_EQ(half_of_float(number), half) << bits;
    }
}

TEST(Half, numbers_between_two_halves_go_to_the_nearest_and_ties_to_the_even_one) {
    for (unsigned bits = 0; bits < 0x7C00; ++bits) {
        const float low = float_of_half(static_cast<std::uint16_t>(bits));
        const float high =
            bits == 0x7BFF ? 65536.0F : float_of_half(static_cast<std::uint16_t>(bits + 1));
        const float middle = low + (high - low) / 2;
        const auto even = static_cast<std::uint16_t>(bits % 2 == 0 ? bits : bits + 1);
        ASSERT_EQ(half_of_float(middle), even) << bits;
        ASSERT_EQ(half_of_float(std::nextafter(middle, 0.0F)), bits) << bits;
        ASSERT_EQ(half_of_float(std::nextafter(middle, infinite)), bits + 1) << bits;
        ASSERT_EQ(half_of_float(-middle), even | 0x8000U) << bits;
    }
}

TEST(Half, awkward_numbers_become_what_they_are_closest_to) {
    EXPECT_EQ(half_of_float(0.0F), 0x0000);
    EXPECT_EQ(half_of_float(-0.0F), 0x8000);
    EXPECT_EQ(half_of_float(std::numeric_limits<float>::denorm_min()), 0x0000);
    EXPECT_EQ(half_of_float(-std::numeric_limits<float>::denorm_min()), 0x8000);
    EXPECT_EQ(half_of_float(0x1p-25F), 0x0000);  // a tie between 0 and the least half
    EXPECT_EQ(half_of_float(std::nextafter(0x1p-25F, 1.0F)), 0x0001);
    EXPECT_EQ(half_of_float(0x1p-14F), 0x0400);  // the least normal one
    EXPECT_EQ(half_of_float(std::nextafter(0x1p-14F, 0.0F)), 0x0400);
    EXPECT_EQ(half_of_float(65504.0F), 0x7BFF);
    EXPECT_EQ(half_of_float(std::nextafter(65520.0F, 0.0F)), 0x7BFF);
    EXPECT_EQ(half_of_float(65520.0F), 0x7C00);
    EXPECT_EQ(half_of_float(std::numeric_limits<float>::max()), 0x7C00);
    EXPECT_EQ(half_of_float(-infinite), 0xFC00);
    EXPECT_TRUE(is_nan(half_of_float(std::numeric_limits<float>::quiet_NaN())));
    EXPECT_TRUE(is_nan(half_of_float(std::bit_cast<float>(0x7F800001U))));
    EXPECT_TRUE(is_nan(half_of_float(std::bit_cast<float>(0xFF800001U))));
}

TEST(Half, numbers_of_any_bits_go_to_the_nearest_half) {
    std::mt19937 random(5);
    for (int i = 0; i < 200000; ++i) {
        // Half of them near the range of halves, where everything happens.
        auto bits = static_cast<std::uint32_t>(random());
        if (i % 2 == 0) bits = (bits & 0x8FFFFFFFU) | 0x30000000U | (bits & 0x08000000U) << 3U;
        const auto value = std::bit_cast<float>(bits);
        if (std::isnan(value)) continue;
        ASSERT_EQ(half_of_float(value), nearest_half(value)) << std::hexfloat << value;
    }
}

TEST(Half, bfloat16_is_the_upper_half_of_a_float) {
    EXPECT_EQ(float_of_brain(0x3F80), 1.0F);
    EXPECT_EQ(float_of_brain(0xC049), -3.140625F);
    EXPECT_EQ(float_of_brain(0x0001), std::bit_cast<float>(0x00010000U));
    EXPECT_EQ(float_of_brain(0x7F80), infinite);
    EXPECT_TRUE(std::isnan(float_of_brain(0x7FC0)));
}

}  // namespace
}  // namespace fabula::model::cpu
