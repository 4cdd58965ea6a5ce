// SPDX-License-Identifier: 0BSD
#include "model/cpu/tiles.h"

#include "model/cpu/plain_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace fabula::model::cpu {
namespace {

// Widths worth a look: for 32-blocks one block, an odd number of them and an even one.
std::vector<std::size_t> widths_of(Format format) {
    switch (plain_type_of(format).columns) {
        case 1:
            return {1, 16, 173, 256};
        case 32:
            return {32, 64, 288};
        default:
            return {256, 768};
    }
}

std::vector<std::byte> packed(Format format, const std::vector<std::byte>& rows, std::size_t n_rows,
                              std::size_t n_in) {
    // Not zero before, and a guard behind.
    std::vector<std::byte> tile(tile_bytes_of(format, n_in) + 64, std::byte{0xA5});
    pack_tile(format, rows.data(), n_rows, n_in, tile.data());
    EXPECT_TRUE(
        std::all_of(tile.end() - 64, tile.end(), [](std::byte b) { return b == std::byte{0xA5}; }));
    tile.resize(tile.size() - 64);
    return tile;
}

// Weights are exact in float up to the last sum, which is rounded once.
void expect_row(Format format, const std::vector<std::byte>& tile, std::size_t row,
                std::span<const std::byte> source, std::size_t n_in) {
    std::vector<float> numbers(n_in, -77.0F);
    unpack_row(format, tile.data(), row, n_in, numbers.data());
    const auto expected = plain_row(format, source, n_in);
    for (std::size_t c = 0; c < n_in; ++c) {
        const auto value = static_cast<float>(expected[c].value);
        ASSERT_EQ(numbers[c], value)
            << plain_type_of(format).name << " row " << row << " column " << c;
    }
}

TEST(Tiles, types_have_the_names_and_the_sizes_of_ggml) {
    for (const Format format : all_formats) {
        const PlainType type = plain_type_of(format);
        EXPECT_EQ(format_of_type(type.name), format);
        EXPECT_EQ(row_bytes_of(format, 3 * type.columns), 3 * type.bytes) << type.name;
    }
    for (const char* const unknown : {"", "q8_0", "IQ2_XXS", "Q2_K", "Q4_1", "F64", "type 99"})
        EXPECT_EQ(format_of_type(unknown), std::nullopt) << unknown;
}

TEST(Tiles, a_row_comes_back_as_ggml_reads_it) {
    std::mt19937 random(1);
    for (const Format format : all_formats) {
        for (const std::size_t n_in : widths_of(format)) {
            const auto rows = random_rows(format, tile_rows, n_in, random);
            const auto tile = packed(format, rows, tile_rows, n_in);
            const std::size_t size = row_bytes_of(format, n_in);
            for (std::size_t r = 0; r < tile_rows; ++r)
                expect_row(format, tile, r, std::span(rows).subspan(r * size, size), n_in);
        }
    }
}

TEST(Tiles, every_code_of_every_column_comes_back) {
    // All bytes of the codes the same: 0x00, 0xFF and what tells low from high.
    for (const Format format : all_formats) {
        const PlainType type = plain_type_of(format);
        if (type.columns == 1) continue;
        for (const unsigned fill : {0x00U, 0xFFU, 0x0FU, 0xF0U, 0x55U, 0xAAU, 0x80U, 0x01U}) {
            std::vector<std::byte> rows(tile_rows * type.bytes, static_cast<std::byte>(fill));
            for (std::size_t r = 0; r < tile_rows; ++r) {
                const std::size_t at = r * type.bytes + (format == Format::q6_k ? 208 : 0);
                const auto d = static_cast<std::uint16_t>(0x3C00U + r);  // 1 + r / 1024
                std::memcpy(rows.data() + at, &d, 2);
                const bool has_second =
                    format == Format::q5_1 || format == Format::q4_k || format == Format::q5_k;
                const auto m = static_cast<std::uint16_t>(0xC000U + r);
                if (has_second) std::memcpy(rows.data() + at + 2, &m, 2);
            }
            const auto tile = packed(format, rows, tile_rows, type.columns);
            for (std::size_t r = 0; r < tile_rows; ++r)
                expect_row(format, tile, r, std::span(rows).subspan(r * type.bytes, type.bytes),
                           type.columns);
        }
    }
}

TEST(Tiles, rows_that_are_not_there_are_zero) {
    std::mt19937 random(2);
    for (const Format format : all_formats) {
        const std::size_t n_in = widths_of(format).back();
        for (const std::size_t n_rows : {std::size_t{1}, std::size_t{5}, std::size_t{15}}) {
            const auto rows = random_rows(format, n_rows, n_in, random);
            const auto tile = packed(format, rows, n_rows, n_in);
            const std::size_t size = row_bytes_of(format, n_in);
            std::vector<float> numbers(n_in);
            for (std::size_t r = 0; r < tile_rows; ++r) {
                if (r < n_rows) {
                    expect_row(format, tile, r, std::span(rows).subspan(r * size, size), n_in);
                    continue;
                }
                unpack_row(format, tile.data(), r, n_in, numbers.data());
                EXPECT_TRUE(std::ranges::all_of(numbers, [](float x) { return x == 0; }))
                    << plain_type_of(format).name << " row " << r;
            }
        }
    }
}

TEST(Tiles, are_a_multiple_of_64_bytes_long_and_their_parts_do_not_overlap) {
    for (const Format format : all_formats) {
        for (const std::size_t n_in : widths_of(format)) {
            EXPECT_EQ(tile_bytes_of(format, n_in) % 64, 0U);
            if (plain_type_of(format).columns != 32) continue;
            const TileLayout layout = layout_of(format);
            std::vector<int> used(tile_bytes_of(format, n_in));
            for (std::size_t b = 0; b < n_in / block_columns; ++b) {
                EXPECT_EQ(codes_at(format, b) % 64, 0U);
                for (std::size_t i = 0; i < layout.scales_bytes; ++i)
                    ++used.at(scales_at(format, b) + i);
                for (std::size_t i = 0; i < layout.codes_bytes; ++i)
                    ++used.at(codes_at(format, b) + i);
            }
            EXPECT_LE(*std::ranges::max_element(used), 1) << plain_type_of(format).name;
        }
    }
}

TEST(Tiles, q8_0_is_made_with_a_scale_that_the_largest_number_fits) {
    std::mt19937 random(3);
    constexpr std::size_t n_in = 288;
    auto numbers = random_numbers(n_in, 0.7F, random);
    std::fill_n(numbers.begin() + 32, 32, 0.0F);  // a block of zeros
    for (std::size_t i = 64; i < 96; ++i)
        numbers[i] *= 1e-7F;  // one of a subnormal scale
    for (std::size_t i = 96; i < 128; ++i)
        numbers[i] *= 1e-12F;  // one that halves cannot hold
    numbers[128] = -200.0F;    // an outlier, on the other side
    std::vector<std::byte> row(row_bytes_of(Format::q8_0, n_in));
    quantise_q8_0(numbers.data(), n_in, row.data());
    const auto made = plain_row(Format::q8_0, row, n_in);
    for (std::size_t b = 0; b < n_in / 32; ++b) {
        double most = 0;
        for (std::size_t c = 0; c < 32; ++c)
            most = std::max(most, std::fabs(static_cast<double>(numbers[32 * b + c])));
        std::uint16_t half = 0;
        std::memcpy(&half, row.data() + 34 * b, 2);
        const double d = plain_half(half);
        // The nearest half: within half a unit in its last place.
        EXPECT_NEAR(d, most / 127, std::max(most / 127 / 2048, 0x1p-25)) << b;
        for (std::size_t c = 0; c < 32; ++c) {
            const double error =
                std::fabs(made[32 * b + c].value - static_cast<double>(numbers[32 * b + c]));
            // Half a step; where the scale was rounded down, codes end at 127.
            EXPECT_LE(error, d / 2 + 127 * std::fabs(d - most / 127) + 1e-12) << b << " " << c;
            const auto code = static_cast<std::int8_t>(row[34 * b + 2 + c]);
            EXPECT_GE(code, -127);
        }
    }
    EXPECT_TRUE(std::all_of(row.begin() + 34, row.begin() + 68,
                            [](std::byte b) { return b == std::byte{0}; }));
}

TEST(Tiles, a_block_of_q8_0_with_what_is_no_number_is_no_number) {
    const float infinite = std::numeric_limits<float>::infinity();
    for (const float odd : {std::numeric_limits<float>::quiet_NaN(), infinite, -infinite, 1e30F}) {
        for (const std::size_t at : {0U, 17U, 31U}) {
            std::vector<float> numbers(64, 0.5F);
            numbers[at] = odd;
            std::vector<std::byte> row(row_bytes_of(Format::q8_0, 64));
            quantise_q8_0(numbers.data(), 64, row.data());
            const auto made = plain_row(Format::q8_0, row, 64);
            for (std::size_t c = 0; c < 64; ++c)
                EXPECT_EQ(std::isnan(made[c].value), c < 32) << odd << " " << at << " " << c;
        }
    }
}

}  // namespace
}  // namespace fabula::model::cpu
