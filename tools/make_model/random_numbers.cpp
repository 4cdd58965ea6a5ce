// SPDX-License-Identifier: 0BSD
#include "make_model/random_numbers.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace fabula::make_model {
namespace {

constexpr std::uint32_t for_weights = 0x77656967U;  // keeps these blocks apart from Rng's own

/// Four numbers of 32 bits: those with the indices 4 * block to 4 * block + 3.
void draw_block(const Rng& stream, std::uint64_t block, std::uint32_t (&out)[4]) {
    const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
    const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32U); };
    philox_4x32_10({low(block), high(block), 0, for_weights},
                   {low(stream.name()), high(stream.name())}, out);
}

/// In (0, 1), never an end.
double uniform_of(std::uint32_t bits) {
    return (static_cast<double>(bits) + 0.5) * 0x1p-32;
}

/// The natural logarithm of x in (0, 1), to 1e-14: the series of 2 artanh((m - 1) / (m + 1)).
double logarithm(double x) {
    int exponent = 0;
    double mantissa = std::frexp(x, &exponent);
    if (mantissa < 0.70710678118654752) {
        mantissa *= 2;
        --exponent;
    }
    const double s = (mantissa - 1) / (mantissa + 1);
    const double square = s * s;
    double sum = 0;
    for (int k = 17; k >= 1; k -= 2)
        sum = sum * square + 1.0 / k;
    return 2 * s * sum + exponent * 0.69314718055994531;
}

template <std::size_t n>
double polynomial(const double (&coefficients)[n], double x) {
    double sum = coefficients[0];
    for (std::size_t i = 1; i < n; ++i)
        sum = sum * x + coefficients[i];
    return sum;
}

/// The quantile of the normal distribution, to a relative 1.2e-9.
/// Source: Peter J. Acklam, "An algorithm for computing the inverse normal cumulative distribution
/// function", 2003. Ours leaves out the step of refinement: floats hold no more.
double normal_quantile(double p) {
    constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                            1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
    constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,  -1.556989798598866e+02,
                            6.680131188771972e+01,  -1.328068155288572e+01, 1};
    constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                            -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
    constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                            3.754408661907416e+00, 1};
    constexpr double tail = 0.02425;
    const double from_end = std::min(p, 1 - p);
    if (from_end >= tail) {
        const double q = p - 0.5;
        return q * polynomial(a, q * q) / polynomial(b, q * q);
    }
    const double q = std::sqrt(-2 * logarithm(from_end));
    const double below = polynomial(c, q) / polynomial(d, q);
    return p < 0.5 ? below : -below;
}

template <typename Function>
void fill(const Rng& stream, std::uint64_t first, std::span<float> out, Function of_bits) {
    std::uint32_t bits[4];
    for (std::size_t i = 0; i < out.size();) {
        const std::uint64_t index = first + i;
        draw_block(stream, index / 4, bits);
        for (std::uint64_t lane = index % 4; lane < 4 && i < out.size(); ++lane, ++i)
            out[i] = static_cast<float>(of_bits(bits[lane]));
    }
}

}  // namespace

Rng stream_of(std::uint64_t seed, std::string_view tensor) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a
    for (const char letter : tensor)
        hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3ULL;
    return Rng(seed).child(hash);
}

void fill_normal(const Rng& stream, std::uint64_t first, double deviation, std::span<float> out) {
    fill(stream, first, out,
         [deviation](std::uint32_t bits) { return deviation * normal_quantile(uniform_of(bits)); });
}

void fill_uniform(const Rng& stream, std::uint64_t first, double low, double high,
                  std::span<float> out) {
    fill(stream, first, out,
         [low, high](std::uint32_t bits) { return low + (high - low) * uniform_of(bits); });
}

std::array<std::uint64_t, 6> outlier_channels(std::uint64_t seed, std::uint64_t n_embd) {
    std::array<std::uint64_t, 6> channels{};
    assert(n_embd >= channels.size());
    const Rng stream = stream_of(seed, "outlier channels");
    std::uint64_t position = 0;
    for (auto* next = channels.begin(); next != channels.end();) {
        const auto channel =
            static_cast<std::uint64_t>(stream.uniform(position++) * static_cast<double>(n_embd));
        if (std::find(channels.begin(), next, channel) != next) continue;
        *next++ = channel;
    }
    std::ranges::sort(channels);
    return channels;
}

}  // namespace fabula::make_model
