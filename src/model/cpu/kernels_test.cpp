// SPDX-License-Identifier: 0BSD
// Products and the 8-bit form of activations; see kernels_rows_test.cpp and
// kernels_attention_test.cpp for the rest.
#include "model/cpu/kernels.h"

#include "model/cpu/plain_rows.h"
#include "model/cpu/rows.h"
#include "model/cpu/tested_kernels.h"
#include "model/cpu/tiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <string>

namespace fabula::model::cpu {
namespace {

constexpr float untouched = -12345.0F;

struct TestMatrix {
    TestMatrix(Format of, std::size_t in, std::size_t out, std::mt19937& random)
        : format(of), n_in(in), n_out(out), rows(random_rows(of, out, in, random)) {
        const std::size_t size = row_bytes_of(format, n_in);
        tile_bytes = tile_bytes_of(format, n_in);
        n_tiles = (n_out + tile_rows - 1) / tile_rows;
        tiles.resize(n_tiles * tile_bytes);
        for (std::size_t t = 0; t < n_tiles; ++t) {
            const std::size_t first = t * tile_rows;
            pack_tile(format, rows.data() + first * size, std::min(tile_rows, n_out - first), n_in,
                      tiles.data() + t * tile_bytes);
        }
    }
    TileRange range(std::size_t first, std::size_t end) const {
        return {tiles.data(), tile_bytes, n_out, first, end};
    }
    std::vector<PlainWeight> row(std::size_t r) const {
        const std::size_t size = row_bytes_of(format, n_in);
        return plain_row(format, std::span(rows).subspan(r * size, size), n_in);
    }

    Format format;
    std::size_t n_in;
    std::size_t n_out;
    std::vector<std::byte> rows;
    std::size_t tile_bytes = 0;
    std::size_t n_tiles = 0;
    std::vector<std::byte> tiles;
};

using Numbers = std::vector<std::vector<float>>;  // a vector for each row of activations

Numbers some_activations(std::size_t n_rows, std::size_t n_in, std::mt19937& random) {
    Numbers rows;
    for (std::size_t r = 0; r < n_rows; ++r)
        rows.push_back(random_numbers(n_in, r % 3 == 0 ? 0.02F : 3.0F, random));
    return rows;
}

Rows rows_of(const Kernels& kernels, const Numbers& numbers, bool has_codes) {
    Rows rows(numbers.size(), numbers.front().size());
    rows.begin(numbers.size(), numbers.front().size(), {!has_codes, has_codes});
    for (std::size_t r = 0; r < numbers.size(); ++r)
        rows.set(kernels, r, numbers[r].data());
    return rows;
}

// The product of the tiles between the cuts, range by range; checks that nothing else is written.
Numbers product(const Kernels& kernels, const TestMatrix& matrix, const Numbers& numbers,
                const std::vector<std::size_t>& cuts) {
    const Rows rows = rows_of(kernels, numbers, is_integer(matrix.format));
    const std::size_t stride = matrix.n_out + 3;
    std::vector<float> out((numbers.size() + 1) * stride, untouched);
    const auto multiply = kernels.multiply[static_cast<std::size_t>(matrix.format)];
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i)
        multiply(matrix.range(cuts[i], cuts[i + 1]), rows.activations(), {out.data(), stride});
    Numbers found;
    for (std::size_t r = 0; r <= numbers.size(); ++r) {
        const auto first = out.begin() + static_cast<std::ptrdiff_t>(r * stride);
        const auto end = first + static_cast<std::ptrdiff_t>(r < numbers.size() ? matrix.n_out : 0);
        const auto guard = first + static_cast<std::ptrdiff_t>(stride);
        EXPECT_TRUE(std::all_of(end, guard, [](float x) { return x == untouched; })) << "row " << r;
        if (r < numbers.size()) found.emplace_back(first, end);
    }
    return found;
}

Numbers product(const Kernels& kernels, const TestMatrix& matrix, const Numbers& numbers) {
    return product(kernels, matrix, numbers, {0, matrix.n_tiles});
}

// What a row of activations stands for in a product: its codes, or itself.
std::vector<double> meaning_of(const Activations& rows, std::size_t row, bool has_codes) {
    const std::size_t group = row / group_rows;
    const std::size_t place = row % group_rows;
    std::vector<double> x(rows.n_in);
    for (std::size_t c = 0; c < rows.n_in; ++c) {
        const std::size_t block =
            (group * (rows.n_in / block_columns) + c / block_columns) * group_rows + place;
        x[c] = has_codes
                   ? static_cast<double>(rows.scales[block]) *
                         rows.codes[block * block_columns + c % block_columns]
                   : static_cast<double>(rows.values[(group * rows.n_in + c) * group_rows + place]);
    }
    return x;
}

// Every number against float64. Roundings of a sum of k terms add up like a random walk; those of
// an integer format are as many as its blocks.
void expect_close(const Kernels& kernels, const TestMatrix& matrix, const Numbers& numbers) {
    const bool has_codes = is_integer(matrix.format);
    const Numbers found = product(kernels, matrix, numbers);
    const Rows rows = rows_of(kernels, numbers, has_codes);
    const double n_terms = static_cast<double>(matrix.n_in) / (has_codes ? 16 : 1);
    const double bound = half_unit * (4 + 2 * std::sqrt(n_terms));
    for (std::size_t o = 0; o < matrix.n_out; ++o) {
        const auto weights = matrix.row(o);
        for (std::size_t r = 0; r < numbers.size(); ++r) {
            const auto x = meaning_of(rows.activations(), r, has_codes);
            double sum = 0;
            double size = 0;
            for (std::size_t c = 0; c < matrix.n_in; ++c) {
                sum += weights[c].value * x[c];
                size += weights[c].size * std::fabs(x[c]);
            }
            ASSERT_NEAR(static_cast<double>(found[r][o]), sum, bound * size)
                << "row " << r << " out " << o;
        }
    }
}

std::vector<std::size_t> widths_of(Format format) {
    switch (plain_type_of(format).columns) {
        case 1:
            return {1, 173, 256};
        case 32:
            return {32, 288};
        default:
            return {256, 768};
    }
}

template <typename Check>
void for_each_kernel_and_format(const Check& check) {
    for (const Kernels* const kernels : tested_kernels()) {
        for (const Format format : all_formats) {
            SCOPED_TRACE(std::string(kernels->name) + " " + plain_type_of(format).name);
            check(*kernels, format);
            if (testing::Test::HasFatalFailure()) return;
        }
    }
}

TEST(Kernels, are_found_by_name_and_the_portable_ones_everywhere) {
    ASSERT_NE(find_kernels("portable"), nullptr);
    EXPECT_EQ(find_kernels("portable"), &portable_kernels());
    EXPECT_EQ(find_kernels("sse9"), nullptr);
    EXPECT_EQ(find_kernels(""), nullptr);
    EXPECT_EQ(&best_kernels(), tested_kernels().front());
    const auto best = kernels_named("");
    ASSERT_TRUE(best);
    EXPECT_EQ(*best, &best_kernels());
    const auto unknown = kernels_named("sse9");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::invalid_input);
    EXPECT_NE(unknown.error().message.find("portable"), std::string::npos);
    for (const char* const name : {"avx512", "avx2"}) {
        const auto named = kernels_named(name);
        if (find_kernels(name) != nullptr) {
            ASSERT_TRUE(named);
            EXPECT_EQ((*named)->name, std::string(name));
        } else {
            ASSERT_FALSE(named);
            EXPECT_EQ(named.error().code, ErrorCode::unavailable);
        }
    }
}

TEST(Kernels, products_are_those_of_float64) {
    for_each_kernel_and_format([](const Kernels& kernels, Format format) {
        std::mt19937 random(11);
        for (const std::size_t n_in : widths_of(format)) {
            const TestMatrix matrix(format, n_in, 37, random);
            expect_close(kernels, matrix, some_activations(11, n_in, random));
        }
    });
}

// NOLINTNEXTLINE(readability-function-cognitive-complexity): loops over kernels, formats and rows
TEST(Kernels, products_of_the_largest_codes_do_not_overflow) {
    for_each_kernel_and_format([](const Kernels& kernels, Format format) {
        if (!is_integer(format)) return;
        std::mt19937 random(12);
        const std::size_t n_in = widths_of(format).back();
        for (const unsigned fill : {0x00U, 0x7FU, 0x80U, 0xFFU}) {
            TestMatrix matrix(format, n_in, 16, random);
            const PlainType type = plain_type_of(format);
            const bool has_offset =
                format == Format::q5_1 || format == Format::q4_k || format == Format::q5_k;
            const std::size_t first = format == Format::q6_k ? 208 : 0;
            const std::size_t end = first + (has_offset ? 4 : 2);
            for (std::size_t i = 0; i < matrix.rows.size(); ++i) {
                const std::size_t at = i % type.bytes;
                if (at < first || at >= end) matrix.rows[i] = static_cast<std::byte>(fill);
            }
            pack_tile(format, matrix.rows.data(), 16, n_in, matrix.tiles.data());
            Numbers numbers(2, std::vector<float>(n_in, 1.0F));
            for (float& x : numbers[1])
                x = -1.0F;
            expect_close(kernels, matrix, numbers);
        }
    });
}

TEST(Kernels, a_product_does_not_depend_on_how_many_rows_there_are_nor_on_which) {
    for_each_kernel_and_format([](const Kernels& kernels, Format format) {
        std::mt19937 random(13);
        for (const std::size_t n_in : widths_of(format)) {
            const TestMatrix matrix(format, n_in, 21, random);
            const Numbers all = some_activations(20, n_in, random);
            Numbers alone;
            for (const auto& row : all)
                alone.push_back(product(kernels, matrix, {row}).front());
            std::vector<std::size_t> order(all.size());
            std::iota(order.begin(), order.end(), 0U);
            for (std::size_t n = 1; n <= all.size(); ++n) {
                std::ranges::shuffle(order, random);
                Numbers company;
                for (std::size_t i = 0; i < n; ++i)
                    company.push_back(all[order[i]]);
                const Numbers found = product(kernels, matrix, company);
                for (std::size_t i = 0; i < n; ++i) {
                    ASSERT_TRUE(same_bits(found[i], alone[order[i]])) << n << " rows, number " << i;
                }
            }
        }
    });
}

TEST(Kernels, a_product_does_not_depend_on_how_the_tiles_are_split) {
    for_each_kernel_and_format([](const Kernels& kernels, Format format) {
        std::mt19937 random(14);
        const std::size_t n_in = widths_of(format).back();
        const TestMatrix matrix(format, n_in, 75, random);
        for (const std::size_t n_rows : {std::size_t{1}, std::size_t{3}, std::size_t{9}}) {
            const Numbers numbers = some_activations(n_rows, n_in, random);
            const Numbers whole = product(kernels, matrix, numbers);
            const std::vector<std::vector<std::size_t>> splits = {
                {0, 1, 5}, {0, 2, 4, 5}, {0, 1, 2, 3, 4, 5}, {0, 0, 5, 5}};
            for (const auto& cuts : splits) {
                const Numbers found = product(kernels, matrix, numbers, cuts);
                for (std::size_t r = 0; r < n_rows; ++r)
                    ASSERT_TRUE(same_bits(found[r], whole[r])) << r;
            }
        }
    });
}

// The codes of one row.
struct Quantised {
    Quantised(const Kernels& kernels, const std::vector<float>& values)
        : codes(values.size() * group_rows),
          scales(values.size() / 32 * group_rows),
          scaled_sums(scales.size()),
          negative_sums(scales.size()),
          negative_halves(2 * scales.size()) {
        kernels.quantise(values.data(), values.size(),
                         {codes.data(), scales.data(), scaled_sums.data(), negative_sums.data(),
                          negative_halves.data()});
    }
    std::vector<std::int8_t> codes;
    std::vector<float> scales;
    std::vector<float> scaled_sums;
    std::vector<std::int32_t> negative_sums;
    std::vector<std::int32_t> negative_halves;
};

std::vector<float> awkward_row(std::mt19937& random) {
    std::vector<float> values = random_numbers(std::size_t{32} * 40, 1.0F, random);
    const auto block = [&](std::size_t b) { return std::span(values).subspan(32 * b, 32); };
    std::ranges::fill(block(0), 0.0F);
    std::ranges::fill(block(1), -2.5F);
    for (std::size_t i = 0; i < 32; ++i) {  // ties: halves of the step between codes
        block(2)[i] = static_cast<float>(i) - 15.5F;
        block(3)[i] = 0.25F * static_cast<float>(i);
    }
    block(2)[0] = 127.0F;
    block(3)[31] = -63.5F;
    for (std::size_t b = 4; b < 30; ++b) {  // sizes from 1e-30 to 1e+35
        for (float& x : block(b))
            x *= std::pow(10.0F, 2.5F * static_cast<float>(b - 4) - 30.0F);
    }
    block(30)[7] = 4000.0F;  // an outlier
    return values;
}

TEST(Kernels, codes_are_the_nearest_and_their_sums_exact) {
    std::mt19937 random(15);
    const std::vector<float> values = awkward_row(random);
    for (const Kernels* const kernels : tested_kernels()) {
        SCOPED_TRACE(kernels->name);
        const Quantised found(*kernels, values);
        for (std::size_t b = 0; b < values.size() / 32; ++b) {
            float most = 0;
            for (std::size_t c = 0; c < 32; ++c)
                most = std::max(most, std::fabs(values[32 * b + c]));
            const std::size_t at = b * group_rows;
            ASSERT_EQ(found.scales[at], most / 127.0F) << b;
            std::array<std::int32_t, 2> sums{};
            for (std::size_t c = 0; c < 32; ++c) {
                const float scaled = most > 0 ? values[32 * b + c] * (127.0F / most) : 0.0F;
                const std::int8_t code = found.codes[at * 32 + c];
                ASSERT_EQ(code, std::nearbyint(scaled)) << b << " " << c;
                ASSERT_LE(std::abs(static_cast<int>(code)), 127);
                sums[c / 16] += code;
            }
            EXPECT_EQ(found.negative_sums[at], -(sums[0] + sums[1])) << b;
            EXPECT_EQ(found.negative_halves[2 * at], -sums[0]) << b;
            EXPECT_EQ(found.negative_halves[2 * at + group_rows], -sums[1]) << b;
            EXPECT_EQ(found.scaled_sums[at],
                      found.scales[at] * static_cast<float>(sums[0] + sums[1]))
                << b;
        }
    }
}

TEST(Kernels, codes_are_the_same_in_all_kernels) {
    std::mt19937 random(16);
    const std::vector<float> values = awkward_row(random);
    const Quantised expected(portable_kernels(), values);
    for (const Kernels* const kernels : tested_kernels()) {
        SCOPED_TRACE(kernels->name);
        const Quantised found(*kernels, values);
        EXPECT_EQ(found.codes, expected.codes);
        EXPECT_TRUE(same_bits(found.scales, expected.scales));
        EXPECT_TRUE(same_bits(found.scaled_sums, expected.scaled_sums));
        EXPECT_EQ(found.negative_sums, expected.negative_sums);
        EXPECT_EQ(found.negative_halves, expected.negative_halves);
    }
}

// What no model that is worth something has: a step would divide by nothing, or by infinity.
TEST(Kernels, codes_stay_codes_whatever_the_numbers_are) {
    constexpr float infinite = std::numeric_limits<float>::infinity();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (const Kernels* const kernels : tested_kernels()) {
        SCOPED_TRACE(kernels->name);
        for (const float odd : {0x1p-149F, 1e-40F, 3e-37F, 3.4e38F, infinite, -infinite, nan}) {
            std::vector<float> values(32, 0.0F);
            values[5] = odd;
            values[21] = -odd;
            const Quantised found(*kernels, values);
            std::int32_t sum = 0;
            for (std::size_t c = 0; c < 32; ++c)
                sum += found.codes[c];
            EXPECT_EQ(found.negative_sums[0], -sum) << odd;
            EXPECT_EQ(found.negative_sums[0],
                      found.negative_halves[0] + found.negative_halves[group_rows]);
            for (std::size_t c = 0; c < 32; ++c) {
                EXPECT_GE(found.codes[c], -127) << odd;
                if (!std::isfinite(odd)) continue;
                // Numbers below the least normal float may be lost; nothing may be added.
                EXPECT_NEAR(static_cast<double>(found.scales[0]) * found.codes[c],
                            static_cast<double>(values[c]),
                            std::max(std::fabs(static_cast<double>(odd)) / 250, 2e-36))
                    << odd << " " << c;
            }
        }
    }
}

}  // namespace
}  // namespace fabula::model::cpu
