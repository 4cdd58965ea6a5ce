// SPDX-License-Identifier: 0BSD
// IEEE 754 half precision and bfloat16, bit by bit, for processors and places without an
// instruction for it. Rounding is to nearest, ties to even.
#pragma once

#include <bit>
#include <cstdint>

namespace fabula::model::cpu {

constexpr float float_of_half(std::uint16_t half) {
    const std::uint32_t sign = (half & 0x8000U) << 16U;
    const std::uint32_t exponent = (half >> 10U) & 31U;
    const std::uint32_t fraction = half & 0x3FFU;
    if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000U | fraction << 13U);
    if (exponent != 0)
        return std::bit_cast<float>(sign | (exponent + 112U) << 23U | fraction << 13U);
    const float small = static_cast<float>(fraction) * 0x1p-24F;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(small));
}

/// Too large becomes infinite.
constexpr std::uint16_t half_of_float(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 16U) & 0x8000U;
    const std::uint32_t size = bits & 0x7FFFFFFFU;
    if (size > 0x7F800000U) return static_cast<std::uint16_t>(sign | 0x7E00U);  // not a number
    if (size >= 0x47800000U) return static_cast<std::uint16_t>(sign | 0x7C00U);
    if (size < 0x38800000U) {  // below the least normal half: a multiple of 2^-24
        const float least = std::bit_cast<float>(size) + 0.5F;  // rounds at 2^-24
        return static_cast<std::uint16_t>(sign |
                                          (std::bit_cast<std::uint32_t>(least) - 0x3F000000U));
    }
    const std::uint32_t odd = (size >> 13U) & 1U;
    return static_cast<std::uint16_t>(sign | ((size - 0x38000000U + 0xFFFU + odd) >> 13U));
}

constexpr float float_of_brain(std::uint16_t brain) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(brain) << 16U);
}

}  // namespace fabula::model::cpu
