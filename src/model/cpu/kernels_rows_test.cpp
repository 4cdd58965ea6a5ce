// SPDX-License-Identifier: 0BSD
// What kernels do to single rows, against float64 and against each other.
#include "model/cpu/half.h"
#include "model/cpu/kernels.h"
#include "model/cpu/plain_rows.h"
#include "model/cpu/tested_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace fabula::model::cpu {
namespace {

constexpr std::size_t lengths[] = {1, 7, 15, 16, 17, 31, 32, 64, 173, 1024};
constexpr float untouched = -12345.0F;

template <typename Check>
void for_each_kernel_and_length(const Check& check) {
    for (const Kernels* const kernels : tested_kernels()) {
        for (const std::size_t n : lengths) {
            SCOPED_TRACE(std::string(kernels->name) + " n = " + std::to_string(n));
            std::mt19937 random(static_cast<unsigned>(n));
            check(*kernels, n, random);
        }
    }
}

struct Moments {
    double mean = 0;
    double variance = 0;
    double squares = 0;
};
Moments moments_of(const std::vector<float>& x) {
    Moments found;
    const auto n = static_cast<double>(x.size());
    for (const float value : x)
        found.mean += static_cast<double>(value) / n;
    for (const float value : x) {
        const double away = static_cast<double>(value) - found.mean;
        found.variance += away * away / n;
        found.squares += static_cast<double>(value) * static_cast<double>(value) / n;
    }
    return found;
}

// Room for one number more, which must stay.
std::vector<float> guarded(std::size_t n) {
    return std::vector<float>(n + 1, untouched);
}

TEST(KernelRows, layer_norm_is_that_of_float64) {
    for_each_kernel_and_length([](const Kernels& kernels, std::size_t n, std::mt19937& random) {
        auto x = random_numbers(n, 2.0F, random);
        for (float& value : x)
            value += 0.5F;
        const auto gain = random_numbers(n, 1.0F, random);
        const auto bias = random_numbers(n, 1.0F, random);
        const Moments moments = moments_of(x);
        for (const bool has_bias : {false, true}) {
            auto out = guarded(n);
            kernels.layer_norm(x.data(), n, 1e-5F, {gain.data(), has_bias ? bias.data() : nullptr},
                               out.data());
            EXPECT_EQ(out[n], untouched);
            for (std::size_t i = 0; i < n; ++i) {
                const double normed =
                    (static_cast<double>(x[i]) - moments.mean) / std::sqrt(moments.variance + 1e-5);
                const double scaled = normed * static_cast<double>(gain[i]);
                const double offset = has_bias ? static_cast<double>(bias[i]) : 0;
                // A single number has no spread: what is left is the rounding of its mean.
                const double bound = 16 * half_unit *
                                     (std::fabs(scaled) + std::fabs(offset) +
                                      std::fabs(static_cast<double>(gain[i])));
                ASSERT_NEAR(static_cast<double>(out[i]), scaled + offset, bound) << i;
            }
        }
    });
}

TEST(KernelRows, rms_norm_is_that_of_float64) {
    for_each_kernel_and_length([](const Kernels& kernels, std::size_t n, std::mt19937& random) {
        const auto x = random_numbers(n, 2.0F, random);
        const auto gain = random_numbers(n, 1.0F, random);
        const Moments moments = moments_of(x);
        auto out = guarded(n);
        kernels.rms_norm(x.data(), n, 1e-5F, {gain.data(), nullptr}, out.data());
        EXPECT_EQ(out[n], untouched);
        for (std::size_t i = 0; i < n; ++i) {
            const double scaled = static_cast<double>(x[i]) / std::sqrt(moments.squares + 1e-5) *
                                  static_cast<double>(gain[i]);
            ASSERT_NEAR(static_cast<double>(out[i]), scaled, 12 * half_unit * std::fabs(scaled))
                << i;
        }
    });
}

TEST(KernelRows, norms_may_be_written_over_their_input) {
    for_each_kernel_and_length([](const Kernels& kernels, std::size_t n, std::mt19937& random) {
        const auto x = random_numbers(n, 2.0F, random);
        const auto gain = random_numbers(n, 1.0F, random);
        for (const auto norm : {kernels.layer_norm, kernels.rms_norm}) {
            std::vector<float> apart(n);
            std::vector<float> over = x;
            norm(x.data(), n, 1e-6F, {gain.data(), gain.data()}, apart.data());
            norm(over.data(), n, 1e-6F, {gain.data(), gain.data()}, over.data());
            EXPECT_TRUE(same_bits(apart, over));
        }
    });
}

TEST(KernelRows, add_is_exact) {
    for_each_kernel_and_length([](const Kernels& kernels, std::size_t n, std::mt19937& random) {
        const auto a = random_numbers(n, 1.0F, random);
        const auto b = random_numbers(n, 1e-3F, random);
        auto out = guarded(n);
        std::ranges::copy(a, out.begin());
        kernels.add(out.data(), b.data(), n);
        EXPECT_EQ(out[n], untouched);
        for (std::size_t i = 0; i < n; ++i)
            ASSERT_EQ(out[i], a[i] + b[i]) << i;
    });
}

// Numbers over the range in which the functions bend, and far beyond it.
std::vector<float> bends(std::size_t n, std::mt19937& random) {
    auto x = random_numbers(n, 3.0F, random);
    constexpr float known[] = {0.0F,  -0.0F,  1e-30F, -1e-20F, 10.0F, -10.0F,
                               60.0F, -60.0F, 1e6F,   -1e6F,   88.5F, -88.5F};
    for (std::size_t i = 0; i < n; i += 2)
        x[i] = known[i / 2 % std::size(known)];
    return x;
}

// x / (1 + exp(-y)); an error of y counts as much as y is large.
void expect_damped(float found, float x, double y, double factor) {
    const double expected = static_cast<double>(x) / (1 + std::exp(-y)) * factor;
    const double bound = half_unit * (10 + 4 * std::min(std::fabs(y), 100.0)) * std::fabs(expected);
    ASSERT_NEAR(static_cast<double>(found), expected, bound + 1e-31 * (1 + std::fabs(factor))) << x;
}

TEST(KernelRows, gelu_is_that_of_float64) {
    for_each_kernel_and_length([](const Kernels& kernels, std::size_t n, std::mt19937& random) {
        const auto x = bends(n, random);
        auto out = guarded(n);
        std::ranges::copy(x, out.begin());
        kernels.gelu(out.data(), n);
        EXPECT_EQ(out[n], untouched);
        for (std::size_t i = 0; i < n; ++i) {
            const auto value = static_cast<double>(x[i]);
            const double inner = std::sqrt(2 / M_PI) * (value + 0.044715 * value * value * value);
            const double expected = value / 2 * (1 + std::tanh(inner));
            if (std::fabs(value) < 5) {
                ASSERT_NEAR(static_cast<double>(out[i]), expected,
                            1e-6 * (1e-3 + std::fabs(expected)))
                    << value;
            }
            expect_damped(out[i], x[i], 2 * inner,
                          1);  // the same: 1 + tanh(z) = 2 / (1 + exp(-2 z))
        }
    });
}

TEST(KernelRows, swiglu_is_that_of_float64) {
    for_each_kernel_and_length([](const Kernels& kernels, std::size_t n, std::mt19937& random) {
        const auto gate = bends(n, random);
        const auto up = random_numbers(n, 2.0F, random);
        auto out = guarded(n);
        std::ranges::copy(gate, out.begin());
        kernels.swiglu(out.data(), up.data(), n);
        EXPECT_EQ(out[n], untouched);
        for (std::size_t i = 0; i < n; ++i)
            expect_damped(out[i], gate[i], static_cast<double>(gate[i]),
                          static_cast<double>(up[i]));
    });
}

TEST(KernelRows, to_halves_gives_the_bits_of_half_h) {
    std::mt19937 random(21);
    std::vector<float> x;
    for (unsigned bits = 0; bits < 0x7C00; bits += 3) {  // halves, and ties between them
        const float low = float_of_half(static_cast<std::uint16_t>(bits));
        x.insert(x.end(), {low, -low, low * (1 + 0x1p-11F), std::nextafter(low, 1e6F)});
    }
    for (int i = 0; i < 20000; ++i) {
        const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
        if (!std::isnan(value)) x.push_back(value);
    }
    x.insert(x.end(), {65519.0F, 65520.0F, 1e30F, -std::numeric_limits<float>::infinity(), 0x1p-25F,
                       0x1.000002p-25F});
    for (const Kernels* const kernels : tested_kernels()) {
        SCOPED_TRACE(kernels->name);
        std::vector<std::uint16_t> halves(x.size());
        kernels->to_halves(x.data(), x.size(), halves.data());
        for (std::size_t i = 0; i < x.size(); ++i)
            ASSERT_EQ(halves[i], half_of_float(x[i])) << std::hexfloat << x[i];
        for (std::size_t n = 1; n < 40; ++n) {
            std::vector<std::uint16_t> some(n + 1, 0xABCD);
            kernels->to_halves(x.data() + n, n, some.data());
            EXPECT_TRUE(std::equal(some.begin(), some.end() - 1,
                                   halves.begin() + static_cast<std::ptrdiff_t>(n)));
            EXPECT_EQ(some[n], 0xABCD) << n;
        }
        const float nan = std::numeric_limits<float>::quiet_NaN();
        std::uint16_t half = 0;
        kernels->to_halves(&nan, 1, &half);
        EXPECT_TRUE(std::isnan(float_of_half(half)));
    }
}

// One softmax against float64; `x` are the scores.
void expect_softmax(const Kernels& kernels, const std::vector<float>& x, float slope) {
    const std::size_t n = x.size();
    const std::size_t room = (n + 15) / 16 * 16;
    std::vector<float> weights(room + 16, untouched);
    std::ranges::copy(x, weights.begin());
    std::fill(weights.begin() + static_cast<std::ptrdiff_t>(n),
              weights.begin() + static_cast<std::ptrdiff_t>(room), 1e30F);
    const float sum = kernels.softmax(weights.data(), n, slope);
    EXPECT_TRUE(std::all_of(weights.begin() + static_cast<std::ptrdiff_t>(room), weights.end(),
                            [](float w) { return w == untouched; }));
    std::vector<double> raw(n);
    for (std::size_t i = 0; i < n; ++i)
        raw[i] = static_cast<double>(x[i]) +
                 static_cast<double>(slope) * (static_cast<double>(i) - static_cast<double>(n - 1));
    const double most = *std::ranges::max_element(raw);
    double total = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double expected = std::exp(raw[i] - most);
        total += expected;
        // Two units of exp, and what the roundings of its argument come to.
        const double bound =
            half_unit *
            (4 + 4 * (std::fabs(raw[i]) + std::fabs(most) + std::fabs(static_cast<double>(x[i]))));
        ASSERT_NEAR(static_cast<double>(weights[i]), expected, bound * expected + 2e-38) << i;
    }
    EXPECT_NEAR(static_cast<double>(sum), total, 2e-5 * total);
    double added = 0;  // the sum is that of the weights that are there
    for (std::size_t i = 0; i < n; ++i)
        added += static_cast<double>(weights[i]);
    EXPECT_NEAR(static_cast<double>(sum), added,
                half_unit * (6 + static_cast<double>(n) / 16) * added);
}

TEST(KernelRows, softmax_is_that_of_float64_with_and_without_a_slope) {
    for_each_kernel_and_length([](const Kernels& kernels, std::size_t n, std::mt19937& random) {
        for (const float slope : {0.0F, 0.5F, 0x1p-8F, 0.0123F}) {
            expect_softmax(kernels, random_numbers(n, 4.0F, random), slope);
            expect_softmax(kernels, random_numbers(n, 60.0F, random), slope);
        }
        expect_softmax(kernels, std::vector<float>(n, -1e30F), 0);
        expect_softmax(kernels, std::vector<float>(n, 1e30F), 0);
    });
}

TEST(KernelRows, weights_of_softmax_are_exp_within_two_units_and_0_below_minus_87) {
    constexpr std::size_t n = 4096;
    for (const Kernels* const kernels : tested_kernels()) {
        SCOPED_TRACE(kernels->name);
        std::vector<float> x(n);
        for (std::size_t i = 0; i < n; ++i)
            x[i] = -90.0F * static_cast<float>(i) / static_cast<float>(n - 1);
        auto weights = x;
        kernels->softmax(weights.data(), n, 0);
        for (std::size_t i = 0; i < n; ++i) {
            const double expected = std::exp(static_cast<double>(x[i]));
            if (x[i] < -87.0F) {
                ASSERT_EQ(weights[i], 0.0F) << x[i];
            } else {
                ASSERT_NEAR(static_cast<double>(weights[i]), expected, 4 * half_unit * expected)
                    << x[i];
            }
        }
    }
}

}  // namespace
}  // namespace fabula::model::cpu
