// SPDX-License-Identifier: 0BSD
// Every form of the kernels against the portable one, bit for bit, and that against plain loops.
#include "sample/row_kernels.h"

#include "sample/passes.h"
#include "sample/test_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>

namespace fabula::sample {
namespace {

std::vector<const RowKernels*> that_run_here() {
    std::vector<const RowKernels*> found;
    for (const char* const name : {"portable", "avx2", "avx512"}) {
        if (const RowKernels* const kernels = row_kernels_named(name)) found.push_back(kernels);
    }
    return found;
}

// With numbers that stand elsewhere, as a penalty leaves them.
std::vector<float> marked_row(Shape shape, std::size_t n, const Rng& rng) {
    auto row = row_of(shape, n, rng);
    for (std::size_t i = 3; i < n; i += 31)
        row[i] = std::numeric_limits<float>::quiet_NaN();
    return row;
}

std::vector<std::uint64_t> bits_of(const std::vector<double>& numbers) {
    std::vector<std::uint64_t> bits;
    bits.reserve(numbers.size());
    for (const double number : numbers)
        bits.push_back(std::bit_cast<std::uint64_t>(number));
    return bits;
}

struct Weighed {
    std::vector<double> numbers;  // sum, moment, weights
    std::vector<double> buckets;
};

template <typename Real, typename Weigh>
Weighed weighed(const std::vector<Real>& row, Weigh weigh, Frame frame) {
    Weighed result;
    std::vector<double> weights(row.size());
    result.buckets.resize(Buckets::n * Buckets::lanes);
    const Mass mass = weigh(row.data(), row.size(), frame, weights.data(), Buckets{});
    const Mass counted =
        weigh(row.data(), row.size(), frame, nullptr, Buckets{result.buckets.data(), 37.5});
    EXPECT_EQ(std::bit_cast<std::uint64_t>(mass.sum), std::bit_cast<std::uint64_t>(counted.sum));
    result.numbers = {mass.sum, mass.moment};
    result.numbers.insert(result.numbers.end(), weights.begin(), weights.end());
    return result;
}

std::vector<std::size_t> lengths() {
    std::vector<std::size_t> all{0, 255, 256, 257, 271, 4095, 4096};
    for (std::size_t n = 1; n < 70; ++n)
        all.push_back(n);
    return all;
}

TEST(RowKernels, weigh_to_the_same_bits_on_every_processor) {
    const RowKernels& plain = portable_row_kernels();
    for (const RowKernels* const kernels : that_run_here()) {
        for (const Shape shape : shapes) {
            for (const std::size_t n : lengths()) {
                if (n == 0) continue;
                const auto row = marked_row(shape, n, Rng(n));
                const Frame frame{1.25, 1.25 * static_cast<double>(extremes_of(row).top)};
                const auto truth = weighed(row, plain.weigh_floats, frame);
                const auto made = weighed(row, kernels->weigh_floats, frame);
                const auto where = std::string(kernels->name) + " " + std::to_string(n);
                ASSERT_EQ(bits_of(made.numbers), bits_of(truth.numbers)) << where;
                ASSERT_EQ(bits_of(made.buckets), bits_of(truth.buckets)) << where;
                const std::vector<double> doubles(row.begin(), row.end());
                ASSERT_EQ(bits_of(weighed(doubles, kernels->weigh_doubles, frame).numbers),
                          bits_of(truth.numbers))
                    << where;
            }
        }
    }
}

TEST(RowKernels, weigh_a_chunk_of_equals_as_they_weigh_each) {
    for (const RowKernels* const kernels : that_run_here()) {
        std::vector<float> equals(600, 1.5F);
        std::vector<float> others(equals);
        others[255] = others[511] = 1;  // so that no chunk is of equals
        const Frame frame{0.7, 2};
        const auto quick = weighed(equals, kernels->weigh_floats, frame);
        const auto slow = weighed(others, kernels->weigh_floats, frame);
        EXPECT_EQ(quick.numbers[2], slow.numbers[2]);
        EXPECT_EQ(quick.numbers[2 + 255], slow.numbers[2]);
        EXPECT_NEAR(quick.numbers[0], 600 * std::exp(0.7 * 1.5 - 2), 1e-11);
        double counted = 0;
        for (const double sum : quick.buckets)
            counted += sum;
        EXPECT_NEAR(counted, quick.numbers[0], 1e-11);
    }
}

TEST(RowKernels, weigh_the_models_row_in_single_precision_to_the_same_bits) {
    for (const Shape shape : shapes) {
        for (std::size_t n : lengths()) {
            if (n == 0) continue;
            n = n == 4096 ? 50001 : n;
            const auto row = row_of(shape, n, Rng(n));
            const float top = extremes_of(row).top;
            double sum = 0;
            double moment = 0;
            for (const float x : row) {
                const double distance = static_cast<double>(x) - static_cast<double>(top);
                if (std::isinf(x)) continue;
                sum += std::exp(distance);
                moment += std::exp(distance) * distance;
            }
            const Mass truth = portable_row_kernels().model_mass(row.data(), n, top);
            EXPECT_NEAR(truth.sum / sum, 1, 4e-7) << static_cast<int>(shape) << " " << n;
            EXPECT_NEAR(truth.moment / sum, moment / sum, 1e-6) << static_cast<int>(shape);
            for (const RowKernels* const kernels : that_run_here()) {
                const Mass mass = kernels->model_mass(row.data(), n, top);
                ASSERT_EQ(std::bit_cast<std::uint64_t>(mass.sum),
                          std::bit_cast<std::uint64_t>(truth.sum));
                ASSERT_EQ(std::bit_cast<std::uint64_t>(mass.moment),
                          std::bit_cast<std::uint64_t>(truth.moment));
            }
        }
    }
}

double exact_mass_below(const std::vector<float>& row, double scale, double top, float bound) {
    double sum = 0;
    for (const float x : row) {
        if (x < bound) sum += std::exp((static_cast<double>(x) - top) * scale);
    }
    return sum;
}

TEST(RowKernels, weigh_roughly_what_is_far_below_to_the_same_bits) {
    for (const Shape shape : shapes) {
        for (const std::size_t n : lengths()) {
            if (n == 0) continue;
            const auto row = marked_row(shape, n, Rng(n));
            const float top = extremes_of(row).top;
            for (const float scale : {0.7F, 1.0F, 1.25F, 8.0F}) {
                const float bound = top - 4 / scale;
                const double sum = exact_mass_below(row, scale, top, bound);
                const double truth =
                    portable_row_kernels().rough_mass_below(row.data(), n, scale, top, bound);
                EXPECT_NEAR(truth, sum, 0x1p-15 * sum + static_cast<double>(n + 32) * 2e-22)
                    << static_cast<int>(shape) << " " << n << " " << scale;
                for (const RowKernels* const kernels : that_run_here()) {
                    const double mass = kernels->rough_mass_below(row.data(), n, scale, top, bound);
                    ASSERT_EQ(std::bit_cast<std::uint64_t>(mass),
                              std::bit_cast<std::uint64_t>(truth));
                }
            }
        }
    }
}

TEST(RowKernels, sum_up_moments_of_what_is_in_play) {
    for (const Shape shape : shapes) {
        for (const std::size_t n : lengths()) {
            if (n == 0) continue;
            const auto row = marked_row(shape, n, Rng(n));
            const Frame frame{0.5, 0.5 * static_cast<double>(extremes_of(row).top)};
            Moments plain;
            for (const float x : row) {
                if (!(x > -infinite)) continue;
                const double distance = static_cast<double>(x) * frame.scale - frame.top;
                plain.n += 1;
                plain.sum += distance;
                plain.squares += distance * distance;
            }
            const Moments truth = portable_row_kernels().moments(row.data(), n, frame);
            EXPECT_EQ(truth.n, plain.n);
            EXPECT_NEAR(truth.sum, plain.sum, 1e-12 * std::abs(plain.sum));
            EXPECT_NEAR(truth.squares, plain.squares, 1e-12 * plain.squares);
            for (const RowKernels* const kernels : that_run_here()) {
                const Moments found = kernels->moments(row.data(), n, frame);
                ASSERT_EQ(found.n, truth.n);
                ASSERT_EQ(std::bit_cast<std::uint64_t>(found.sum),
                          std::bit_cast<std::uint64_t>(truth.sum));
                ASSERT_EQ(std::bit_cast<std::uint64_t>(found.squares),
                          std::bit_cast<std::uint64_t>(truth.squares));
            }
        }
    }
}

Extremes extremes_by_loop(const std::vector<float>& row, Band out) {
    Extremes truth;
    for (const float x : row) {
        if (std::isinf(x) || (x >= out.low && x <= out.high)) continue;
        truth.top = std::max(truth.top, x);
        truth.low = std::min(truth.low, x);
    }
    return truth;
}

void expect_broken_wherever_broken(const RowKernels& kernels, std::vector<float> row) {
    for (std::size_t at = 0; at < row.size(); at += 5) {
        const float kept = row[at];
        row[at] = at % 2 == 0 ? infinite : std::numeric_limits<float>::quiet_NaN();
        ASSERT_TRUE(kernels.extremes(row.data(), row.size(), nullptr).is_broken) << at;
        row[at] = kept;
    }
}

TEST(RowKernels, find_the_extremes_of_what_is_in_play) {
    for (const RowKernels* const kernels : that_run_here()) {
        for (const Shape shape : shapes) {
            for (const std::size_t n : lengths()) {
                const auto row = n == 0 ? std::vector<float>{} : row_of(shape, n, Rng(n));
                for (const Band out : {Band{}, Band{-1, 2}}) {
                    const auto truth = extremes_by_loop(row, out);
                    const auto found = kernels->extremes(row.data(), n, &out);
                    ASSERT_EQ(found.top, truth.top) << kernels->name << " " << n;
                    ASSERT_EQ(found.low, truth.low) << kernels->name << " " << n;
                    ASSERT_FALSE(found.is_broken);
                }
                expect_broken_wherever_broken(*kernels, row);
            }
        }
    }
}

TEST(RowKernels, count_replace_and_take_maxima_as_loops_would) {
    for (const RowKernels* const kernels : that_run_here()) {
        for (const std::size_t n : lengths()) {
            if (n == 0) continue;
            auto row = marked_row(Shape::tied, n, Rng(n));
            const auto n_above =
                std::count_if(row.begin(), row.end(), [](float x) { return x > 2; });
            const auto n_equal = std::count(row.begin(), row.end(), 2.0F);
            ASSERT_EQ(kernels->count(row.data(), n, Compare::above, 2), n_above);
            ASSERT_EQ(kernels->count(row.data(), n, Compare::equal, 2), n_equal);
            std::vector<float> maxima(n / maximum_block);
            kernels->maxima(row.data(), maxima.size(), maxima.data());
            for (std::size_t b = 0; b < maxima.size(); ++b) {
                float top = -infinite;
                for (std::size_t i = 0; i < maximum_block; ++i)
                    top = row[b * maximum_block + i] > top ? row[b * maximum_block + i] : top;
                ASSERT_EQ(maxima[b], top);
            }
            kernels->replace(row.data(), n, 2, -infinite);
            ASSERT_EQ(std::count(row.begin(), row.end(), 2.0F), 0);
            ASSERT_EQ(std::count(row.begin(), row.end(), -infinite), n_equal);
        }
    }
}

// What lies in a band, or is no number, and what lies outside it.
struct Sorted {
    std::vector<float> kept;
    std::vector<TokenId> ids;
    std::vector<std::uint32_t> outside;
    std::vector<std::uint32_t> nan;

    Sorted(const std::vector<float>& row, Band band) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool is_nan = std::isnan(row[i]);
            const bool is_in = row[i] >= band.low && row[i] <= band.high;
            if (is_nan) nan.push_back(static_cast<std::uint32_t>(i));
            if (is_in || is_nan) {
                kept.push_back(row[i]);
                ids.push_back(static_cast<TokenId>(i));
            } else if (row[i] > -infinite) {
                outside.push_back(static_cast<std::uint32_t>(i));
            }
        }
    }
};

std::vector<std::uint32_t> bits_of(std::span<const float> numbers) {
    std::vector<std::uint32_t> bits;
    bits.reserve(numbers.size());
    for (const float number : numbers)
        bits.push_back(std::bit_cast<std::uint32_t>(number));
    return bits;
}

TEST(RowKernels, find_as_loops_would) {
    for (const RowKernels* const kernels : that_run_here()) {
        for (const std::size_t n : lengths()) {
            const auto row =
                n == 0 ? std::vector<float>{} : marked_row(Shape::banned_in_part, n, Rng(n));
            const Band band{-2, 3};
            const Sorted truth(row, band);
            std::vector<std::uint32_t> found(n);
            found.resize(kernels->find_outside(row.data(), n, band, found.data()));
            ASSERT_EQ(found, truth.outside) << kernels->name << " " << n;
            found.resize(n);
            found.resize(kernels->find_nan(row.data(), n, found.data()));
            ASSERT_EQ(found, truth.nan) << kernels->name << " " << n;
        }
    }
}

TEST(RowKernels, pack_as_loops_would_a_second_time_in_place) {
    for (const RowKernels* const kernels : that_run_here()) {
        for (const std::size_t n : lengths()) {
            const auto row =
                n == 0 ? std::vector<float>{} : marked_row(Shape::banned_in_part, n, Rng(n));
            std::vector<float> to(n + pack_room);
            std::vector<TokenId> to_ids(n + pack_room);
            const Sorted first(row, {-2, 3});
            const std::size_t n_kept =
                kernels->pack(row.data(), n, nullptr, {-2, 3}, to.data(), to_ids.data());
            ASSERT_EQ(bits_of(std::span(to).first(n_kept)), bits_of(first.kept));
            ASSERT_TRUE(std::ranges::equal(std::span(to_ids).first(n_kept), first.ids));

            const Sorted second(first.kept, {0, 3});
            const std::size_t n_left =
                kernels->pack(to.data(), n_kept, to_ids.data(), {0, 3}, to.data(), to_ids.data());
            ASSERT_EQ(bits_of(std::span(to).first(n_left)), bits_of(second.kept));
            for (std::size_t i = 0; i < n_left; ++i)
                ASSERT_EQ(to_ids[i], first.ids[static_cast<std::size_t>(second.ids[i])]);
        }
    }
}

TEST(Passes, drop_equals_behind_the_first_few) {
    for (const std::size_t n_kept : {0U, 1U, 5000U, 9999U, 10000U, 20000U}) {
        std::vector<float> row(20001, 1.0F);
        for (std::size_t i = 0; i < row.size(); i += 2)
            row[i] = 0.5F;
        drop_equal(row, 1, n_kept);
        std::size_t n = 0;
        for (std::size_t i = 1; i < row.size(); i += 2)
            ASSERT_EQ(row[i], n++ < n_kept ? 1.0F : -infinite) << i;
        EXPECT_EQ(count_equal(row, 0.5F), 10001U);
    }
}

}  // namespace
}  // namespace fabula::sample
