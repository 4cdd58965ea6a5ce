// SPDX-License-Identifier: 0BSD
// Scores and mixed values over one page of keys and values.
#include "model/cpu/half.h"
#include "model/cpu/kernels.h"
#include "model/cpu/plain_rows.h"
#include "model/cpu/tested_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace fabula::model::cpu {
namespace {

constexpr float untouched = -12345.0F;

// Numbers as the cache holds them, and what they are.
struct Stored {
    Stored(std::size_t n, bool is_half, std::mt19937& random)
        : numbers(random_numbers(n, 1.0F, random)) {
        bytes.resize(n * (is_half ? 2 : 4));
        for (std::size_t i = 0; i < n; ++i) {
            if (is_half) {
                const std::uint16_t half = half_of_float(numbers[i]);
                numbers[i] = float_of_half(half);
                std::memcpy(bytes.data() + 2 * i, &half, 2);
            } else {
                std::memcpy(bytes.data() + 4 * i, &numbers[i], 4);
            }
        }
    }
    std::vector<float> numbers;
    std::vector<std::byte> bytes;
};

using Numbers = std::vector<std::vector<float>>;

constexpr std::size_t both_pages = pages_a_call * page_tokens;

Numbers some_rows(std::size_t n_rows, std::size_t n, std::mt19937& random) {
    Numbers rows;
    for (std::size_t r = 0; r < n_rows; ++r)
        rows.push_back(random_numbers(n, 1.0F, random));
    return rows;
}

Numbers scores_of(Kernels::Score kernel, const Stored& keys, std::size_t head_dim,
                  const Numbers& queries) {
    std::array<const float*, most_queries> from{};
    std::array<float*, most_queries> to{};
    Numbers scores(queries.size(), std::vector<float>(both_pages + 1, untouched));
    for (std::size_t i = 0; i < queries.size(); ++i) {
        from[i] = queries[i].data();
        to[i] = scores[i].data();
    }
    const PagePair pages{keys.bytes.data(), keys.bytes.data() + keys.bytes.size() / 2};
    kernel({pages, pages, head_dim, queries.size(), from.data(), to.data()});
    for (auto& row : scores) {
        EXPECT_EQ(row.back(), untouched);
        row.pop_back();
    }
    return scores;
}

// NOLINTNEXTLINE(readability-function-size): what a call of the kernel takes, and no more
Numbers mixed_of(Kernels::Mix kernel, const Stored& values, std::size_t padded_dim,
                 std::size_t n_keys, const Numbers& weights, const Numbers& before) {
    std::array<const float*, most_queries> from{};
    std::array<float*, most_queries> to{};
    Numbers out = before;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        out[i].push_back(untouched);
        from[i] = weights[i].data();
        to[i] = out[i].data();
    }
    const std::size_t page_bytes =
        page_tokens * padded_dim * values.bytes.size() / values.numbers.size();
    const std::byte* const low = values.bytes.data();
    const PagePair pages{low, n_keys > page_tokens ? low + page_bytes : low};
    kernel({pages, pages, padded_dim, n_keys, weights.size(), from.data(), to.data()});
    for (std::size_t i = 0; i < weights.size(); ++i) {
        EXPECT_EQ(out[i].back(), untouched);
        out[i].pop_back();
    }
    return out;
}

template <typename Check>
void for_each_kernel_and_cache(const Check& check) {
    for (const Kernels* const kernels : tested_kernels()) {
        for (const bool is_half : {true, false}) {
            SCOPED_TRACE(std::string(kernels->name) + (is_half ? " f16" : " f32"));
            std::mt19937 random(31);
            check(*kernels, is_half, random);
        }
    }
}

TEST(KernelAttention, scores_are_the_products_of_queries_and_keys) {
    for_each_kernel_and_cache([](const Kernels& kernels, bool is_half, std::mt19937& random) {
        const auto kernel = is_half ? kernels.score_f16 : kernels.score_f32;
        for (const std::size_t head_dim : {1U, 24U, 64U, 80U}) {
            const Stored keys(both_pages * head_dim, is_half, random);
            const Numbers queries = some_rows(most_queries, head_dim, random);
            const Numbers scores = scores_of(kernel, keys, head_dim, queries);
            for (std::size_t q = 0; q < most_queries; ++q) {
                for (std::size_t p = 0; p < both_pages; ++p) {
                    double sum = 0;
                    double size = 0;
                    for (std::size_t d = 0; d < head_dim; ++d) {
                        const double term =
                            static_cast<double>(queries[q][d]) *
                            static_cast<double>(
                                keys.numbers[(p / 16 * head_dim + d) * 16 + p % 16]);
                        sum += term;
                        size += std::fabs(term);
                    }
                    const double bound =
                        half_unit * (4 + 2 * std::sqrt(static_cast<double>(head_dim)));
                    ASSERT_NEAR(static_cast<double>(scores[q][p]), sum, bound * size)
                        << q << " " << p;
                }
            }
        }
    });
}

TEST(KernelAttention, scores_do_not_depend_on_the_other_queries) {
    for_each_kernel_and_cache([](const Kernels& kernels, bool is_half, std::mt19937& random) {
        const auto kernel = is_half ? kernels.score_f16 : kernels.score_f32;
        const Stored keys(both_pages * 40, is_half, random);
        const Numbers queries = some_rows(most_queries, 40, random);
        for (std::size_t n = 1; n <= most_queries; ++n) {
            for (std::size_t first = 0; first + n <= most_queries; ++first) {
                const Numbers some(queries.begin() + static_cast<std::ptrdiff_t>(first),
                                   queries.begin() + static_cast<std::ptrdiff_t>(first + n));
                const Numbers scores = scores_of(kernel, keys, 40, some);
                for (std::size_t i = 0; i < n; ++i)
                    ASSERT_TRUE(
                        same_bits(scores[i], scores_of(kernel, keys, 40, {some[i]}).front()))
                        << n << " " << i;
            }
        }
    });
}

// NOLINTNEXTLINE(readability-function-cognitive-complexity): loops over kernels, types and counts
TEST(KernelAttention, values_are_added_by_their_weights) {
    for_each_kernel_and_cache([](const Kernels& kernels, bool is_half, std::mt19937& random) {
        const auto kernel = is_half ? kernels.mix_f16 : kernels.mix_f32;
        for (const std::size_t padded_dim : {16U, 48U, 80U}) {
            const Stored values(both_pages * padded_dim, is_half, random);
            for (const std::size_t n_keys : {1U, 2U, 17U, 31U, 32U}) {
                const Numbers weights = some_rows(most_queries, n_keys, random);
                const Numbers before = some_rows(most_queries, padded_dim, random);
                const Numbers found = mixed_of(kernel, values, padded_dim, n_keys, weights, before);
                for (std::size_t q = 0; q < most_queries; ++q) {
                    for (std::size_t d = 0; d < padded_dim; ++d) {
                        auto sum = static_cast<double>(before[q][d]);
                        double size = std::fabs(sum);
                        for (std::size_t p = 0; p < n_keys; ++p) {
                            const double term =
                                static_cast<double>(weights[q][p]) *
                                static_cast<double>(values.numbers[p * padded_dim + d]);
                            sum += term;
                            size += std::fabs(term);
                        }
                        const double bound =
                            half_unit * (4 + 2 * std::sqrt(static_cast<double>(n_keys)));
                        ASSERT_NEAR(static_cast<double>(found[q][d]), sum, bound * size)
                            << q << " " << d;
                    }
                }
            }
        }
    });
}

TEST(KernelAttention, mixed_values_do_not_depend_on_the_other_rows_nor_on_where_the_page_is_cut) {
    for_each_kernel_and_cache([](const Kernels& kernels, bool is_half, std::mt19937& random) {
        const auto kernel = is_half ? kernels.mix_f16 : kernels.mix_f32;
        const std::size_t number_bytes = is_half ? 2 : 4;
        const Stored values(both_pages * 32, is_half, random);
        const Numbers weights = some_rows(most_queries, both_pages, random);
        const Numbers before = some_rows(most_queries, 32, random);
        Numbers alone;
        for (std::size_t i = 0; i < most_queries; ++i)
            alone.push_back(
                mixed_of(kernel, values, 32, both_pages, {weights[i]}, {before[i]}).front());
        for (std::size_t n = 1; n <= most_queries; ++n) {
            const auto first = [n](const Numbers& all) {
                return Numbers(all.end() - static_cast<std::ptrdiff_t>(n), all.end());
            };
            const Numbers found =
                mixed_of(kernel, values, 32, both_pages, first(weights), first(before));
            for (std::size_t i = 0; i < n; ++i)
                ASSERT_TRUE(same_bits(found[i], alone[most_queries - n + i])) << n << " " << i;
        }
        // Sums run over positions in order: the first page, then the second.
        const Numbers part = mixed_of(kernel, values, 32, page_tokens, {weights[0]}, {before[0]});
        Stored rest = values;
        rest.bytes.erase(
            rest.bytes.begin(),
            rest.bytes.begin() + static_cast<std::ptrdiff_t>(page_tokens * 32 * number_bytes));
        rest.numbers.resize(page_tokens * 32);
        const Numbers rest_weights = {{weights[0].begin() + page_tokens, weights[0].end()}};
        EXPECT_TRUE(same_bits(mixed_of(kernel, rest, 32, page_tokens, rest_weights, part).front(),
                              alone[0]));
    });
}

}  // namespace
}  // namespace fabula::model::cpu
