// SPDX-License-Identifier: 0BSD
#include "model/cpu/plain_rows.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace fabula::model::cpu {
namespace {

using Byte = std::uint8_t;

template <typename Number>
Number number_at(const Byte* at) {
    Number number;
    std::memcpy(&number, at, sizeof(number));
    return number;
}

double half_at(const Byte* at) {
    return plain_half(number_at<std::uint16_t>(at));
}

double number_of(Format format, const Byte* at) {
    if (format == Format::f32) return number_at<float>(at);
    if (format == Format::f16) return half_at(at);
    const auto brain = static_cast<std::uint32_t>(number_at<std::uint16_t>(at)) << 16U;
    float number = 0;
    std::memcpy(&number, &brain, sizeof(number));
    return number;
}

PlainWeight scaled(double scale, int code, double offset = 0) {
    return {scale * code + offset, std::fabs(scale * code) + std::fabs(offset)};
}

// dequantize_row_q8_0, q4_0, q5_0, q5_1: one block.
void add_block(Format format, const Byte* block, PlainWeight* out) {
    const double d = half_at(block);
    if (format == Format::q8_0) {
        for (int j = 0; j < 32; ++j)
            out[j] = scaled(d, static_cast<std::int8_t>(block[2 + j]));
        return;
    }
    const bool has_minimum = format == Format::q5_1;
    const double m = has_minimum ? half_at(block + 2) : 0;
    const Byte* const qh = block + (has_minimum ? 4 : 2);
    const Byte* const qs = format == Format::q4_0 ? qh : qh + 4;
    const std::uint32_t fifths = format == Format::q4_0 ? 0 : number_at<std::uint32_t>(qh);
    const int zero = format == Format::q4_0 ? 8 : format == Format::q5_0 ? 16 : 0;
    for (int j = 0; j < 16; ++j) {
        const auto low = static_cast<int>((qs[j] & 0x0FU) | (((fifths >> j) << 4U) & 0x10U));
        const auto high = static_cast<int>((qs[j] >> 4U) | ((fifths >> (j + 12)) & 0x10U));
        out[j] = scaled(d, low - zero, m);
        out[j + 16] = scaled(d, high - zero, m);
    }
}

// get_scale_min_k4
void scale_and_minimum(int j, const Byte* q, int& scale, int& minimum) {
    if (j < 4) {
        scale = q[j] & 63;
        minimum = q[j + 4] & 63;
    } else {
        scale = (q[j + 4] & 0xF) | ((q[j - 4] >> 6) << 4);
        minimum = (q[j + 4] >> 4) | ((q[j] >> 6) << 4);
    }
}

// dequantize_row_q4_K and q5_K
void add_super_4_or_5(Format format, const Byte* block, PlainWeight* out) {
    const bool has_fifth = format == Format::q5_k;
    const double d = half_at(block);
    const double dmin = half_at(block + 2);
    const Byte* const qh = block + 16;
    const Byte* ql = block + (has_fifth ? 48 : 16);
    for (int is = 0; is < 8; is += 2, ql += 32) {
        for (int half = 0; half < 2; ++half) {
            int scale = 0;
            int minimum = 0;
            scale_and_minimum(is + half, block + 4, scale, minimum);
            for (int l = 0; l < 32; ++l) {
                int code = half == 0 ? ql[l] & 0xF : ql[l] >> 4;
                if (has_fifth && ((qh[l] >> (is + half)) & 1) != 0) code += 16;
                *out++ = scaled(d * scale, code, -dmin * minimum);
            }
        }
    }
}

// dequantize_row_q6_K
void add_super_6(const Byte* block, PlainWeight* out) {
    const Byte* ql = block;
    const Byte* qh = block + 128;
    const Byte* sc = block + 192;
    const double d = half_at(block + 208);
    for (int n = 0; n < 256; n += 128, ql += 64, qh += 32, sc += 8, out += 128) {
        for (int l = 0; l < 32; ++l) {
            const int is = l / 16;
            const int q1 = ((ql[l] & 0xF) | ((qh[l] & 3) << 4)) - 32;
            const int q2 = ((ql[l + 32] & 0xF) | (((qh[l] >> 2) & 3) << 4)) - 32;
            const int q3 = ((ql[l] >> 4) | (((qh[l] >> 4) & 3) << 4)) - 32;
            const int q4 = ((ql[l + 32] >> 4) | (((qh[l] >> 6) & 3) << 4)) - 32;
            out[l] = scaled(d * static_cast<std::int8_t>(sc[is]), q1);
            out[l + 32] = scaled(d * static_cast<std::int8_t>(sc[is + 2]), q2);
            out[l + 64] = scaled(d * static_cast<std::int8_t>(sc[is + 4]), q3);
            out[l + 96] = scaled(d * static_cast<std::int8_t>(sc[is + 6]), q4);
        }
    }
}

// Half precision of a number below 2^15, cut off.
std::uint16_t some_half(double number) {
    const unsigned sign = number < 0 ? 0x8000U : 0U;
    const double size = std::fabs(number);
    if (size < 0x1p-14)
        return static_cast<std::uint16_t>(sign | static_cast<unsigned>(size * 0x1p24));
    int exponent = 0;
    const double fraction = std::frexp(size, &exponent);  // [1/2, 1)
    const auto bits = static_cast<unsigned>(std::ldexp(fraction, 11)) - 1024U;
    return static_cast<std::uint16_t>(sign | static_cast<unsigned>(exponent + 14) << 10U | bits);
}

struct HalfPlace {
    std::size_t at;
    double size;  // about which to choose
};

// Random halves into blocks of random bytes, so that weights are about `size`.
std::vector<HalfPlace> halves_of(Format format, double size) {
    switch (format) {
        case Format::q8_0:
            return {{0, size / 74}};
        case Format::q4_0:
            return {{0, size / 4.6}};
        case Format::q5_0:
            return {{0, size / 9.2}};
        case Format::q5_1:
            return {{0, size / 9.2}, {2, -size * 1.7}};
        case Format::q4_k:
            return {{0, size / 150}, {2, size / 20}};
        case Format::q5_k:
            return {{0, size / 300}, {2, size / 20}};
        case Format::q6_k:
            return {{208, size / 1370}};
        default:
            return {};
    }
}

}  // namespace

PlainType plain_type_of(Format format) {
    constexpr std::array<PlainType, n_formats> types = {{{"F32", 1, 4},
                                                         {"F16", 1, 2},
                                                         {"BF16", 1, 2},
                                                         {"Q8_0", 32, 34},
                                                         {"Q4_0", 32, 18},
                                                         {"Q5_0", 32, 22},
                                                         {"Q5_1", 32, 24},
                                                         {"Q4_K", 256, 144},
                                                         {"Q5_K", 256, 176},
                                                         {"Q6_K", 256, 210}}};
    return types[static_cast<std::size_t>(format)];
}

double plain_half(std::uint16_t half) {
    const int exponent = (half >> 10) & 31;
    const int fraction = half & 1023;
    const double sign = (half & 0x8000) != 0 ? -1.0 : 1.0;
    if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
    if (exponent == 0) return sign * std::ldexp(fraction, -24);
    return sign * std::ldexp(1024 + fraction, exponent - 25);
}

std::vector<PlainWeight> plain_row(Format format, std::span<const std::byte> row,
                                   std::size_t n_in) {
    const PlainType type = plain_type_of(format);
    const auto* const bytes = reinterpret_cast<const Byte*>(row.data());
    std::vector<PlainWeight> weights(n_in);
    for (std::size_t i = 0; i * type.columns < n_in; ++i) {
        const Byte* const block = bytes + i * type.bytes;
        PlainWeight* const out = weights.data() + i * type.columns;
        if (type.columns == 1) {
            const double number = number_of(format, block);
            *out = {number, std::fabs(number)};
        } else if (type.columns == 32) {
            add_block(format, block, out);
        } else if (format == Format::q6_k) {
            add_super_6(block, out);
        } else {
            add_super_4_or_5(format, block, out);
        }
    }
    return weights;
}

std::vector<std::byte> random_rows(Format format, std::size_t n_rows, std::size_t n_in,
                                   std::mt19937& random) {
    const PlainType type = plain_type_of(format);
    const double size = 1.0 / std::sqrt(static_cast<double>(n_in));
    const std::size_t n_blocks = n_rows * n_in / type.columns;
    std::vector<std::byte> rows(n_blocks * type.bytes);
    std::normal_distribution<float> spread(0.0F, static_cast<float>(size));
    std::uniform_real_distribution<double> factor(0.5, 1.5);
    for (std::size_t i = 0; i < n_blocks; ++i) {
        std::byte* const block = rows.data() + i * type.bytes;
        if (type.columns == 1) {
            const float number = spread(random);
            const auto bits = std::bit_cast<std::uint32_t>(number);
            const std::uint16_t short_form =
                format == Format::f16
                    ? some_half(static_cast<double>(number) + (number < 0 ? -1e-4 : 1e-4))
                    : static_cast<std::uint16_t>(bits >> 16U);
            if (format == Format::f32) std::memcpy(block, &number, 4);
            if (format != Format::f32) std::memcpy(block, &short_form, 2);
            continue;
        }
        for (std::size_t b = 0; b < type.bytes; ++b)
            block[b] = static_cast<std::byte>(random());
        for (const HalfPlace& place : halves_of(format, size)) {
            const std::uint16_t half = some_half(place.size * factor(random));
            std::memcpy(block + place.at, &half, 2);
        }
    }
    return rows;
}

std::vector<float> random_numbers(std::size_t n, float spread, std::mt19937& random) {
    std::normal_distribution<float> distribution(0.0F, spread);
    std::vector<float> numbers(n);
    for (float& number : numbers)
        number = distribution(random);
    return numbers;
}

}  // namespace fabula::model::cpu
