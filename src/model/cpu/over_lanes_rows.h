// SPDX-License-Identifier: 0BSD
// What is done to single rows, over lanes. See over_lanes.h.
#pragma once

#include "model/cpu/over_lanes_words.h"

// One file includes this, and what it defines stays in it.
// NOLINTBEGIN(misc-definitions-in-headers,cppcoreguidelines-init-variables,readability-function-size)
// NOLINTBEGIN(readability-function-cognitive-complexity,bugprone-integer-division)
namespace fabula::model::cpu {
namespace {

constexpr float least_block = 1e-36F;  // 127 / x is finite from here on

// Between -127 and 127 also where x is no number.
inline I codes_of(F x, F inverse) {
    const F bound = Lanes::all(127.0F);
    const F scaled = Lanes::max(Lanes::mul(x, inverse), Lanes::sub(Lanes::zero(), bound));
    return Lanes::to_integer(Lanes::min(scaled, bound));
}

void quantise(const float* values, std::size_t n, const QuantisedRow& out) {
    for (std::size_t b = 0; b < n / block_columns; ++b) {
        const F low = Lanes::load(values + b * block_columns);
        const F high = Lanes::load(values + b * block_columns + n_lanes);
        const float most = Lanes::largest(Lanes::max(Lanes::abs(low), Lanes::abs(high)));
        const float scale = most / 127.0F;
        const F inverse = Lanes::all(most > least_block ? 127.0F / most : 0.0F);
        const I low_codes = codes_of(low, inverse);
        const I high_codes = codes_of(high, inverse);
        std::int8_t* codes = out.codes + b * group * block_columns;
        Lanes::store_bytes(codes, low_codes);
        Lanes::store_bytes(codes + n_lanes, high_codes);
        const std::int32_t low_sum = Lanes::sum(low_codes);
        const std::int32_t high_sum = Lanes::sum(high_codes);
        out.scales[b * group] = scale;
        out.scaled_sums[b * group] = scale * static_cast<float>(low_sum + high_sum);
        out.negative_sums[b * group] = -(low_sum + high_sum);
        out.negative_halves[2 * b * group] = -low_sum;
        out.negative_halves[(2 * b + 1) * group] = -high_sum;
    }
}

// The `n` numbers at `x` and zeros behind them.
inline F load_some(const float* x, std::size_t n) {
    if (n >= n_lanes) return Lanes::load(x);
    float lanes[n_lanes] = {};
    for (std::size_t i = 0; i < n; ++i)
        lanes[i] = x[i];
    return Lanes::load(lanes);
}

inline std::size_t at_most_16(std::size_t n) {
    return n < n_lanes ? n : n_lanes;
}

// The sum of (x - shift)^power over n numbers.
template <int power>
inline float sum_of(const float* x, std::size_t n, float shift) {
    F sum = Lanes::zero();
    for (std::size_t i = 0; i < n; i += n_lanes) {
        const std::size_t some = at_most_16(n - i);
        F value = load_some(x + i, some);
        if (power == 2) {
            if (some == n_lanes) {
                value = Lanes::sub(value, Lanes::all(shift));
            } else {
                float lanes[n_lanes] = {};
                for (std::size_t j = 0; j < some; ++j)
                    lanes[j] = x[i + j] - shift;
                value = Lanes::load(lanes);
            }
            sum = Lanes::fma(value, value, sum);
        } else {
            sum = Lanes::add(sum, value);
        }
    }
    return Lanes::sum(sum);
}

// out = (x - shift) * scale * gain + bias.
inline void scale_row(const float* x, std::size_t n, float shift, float scale, const Affine& affine,
                      float* out) {
    for (std::size_t i = 0; i < n; i += n_lanes) {
        const std::size_t some = at_most_16(n - i);
        const F centred = Lanes::sub(load_some(x + i, some), Lanes::all(shift));
        F value =
            Lanes::mul(Lanes::mul(centred, Lanes::all(scale)), load_some(affine.gain + i, some));
        if (affine.bias != nullptr) value = Lanes::add(value, load_some(affine.bias + i, some));
        store_some(out + i, value, some);
    }
}

void layer_norm(const float* x, std::size_t n, float epsilon, const Affine& affine, float* out) {
    const auto count = static_cast<float>(n);
    const float mean = sum_of<1>(x, n, 0) / count;
    const float variance = sum_of<2>(x, n, mean) / count;
    scale_row(x, n, mean, 1.0F / __builtin_sqrtf(variance + epsilon), affine, out);
}

void rms_norm(const float* x, std::size_t n, float epsilon, const Affine& affine, float* out) {
    const float squares = sum_of<2>(x, n, 0) / static_cast<float>(n);
    scale_row(x, n, 0, 1.0F / __builtin_sqrtf(squares + epsilon), affine, out);
}

// exp(x) within 2 units in the last place; 0 below -87, at most e^88. x = k ln 2 + r, and exp(r) is
// a polynomial of degree 6 that is fitted to |r| <= ln 2 / 2.
inline F exponential(F x) {
    const F bounded = Lanes::min(Lanes::max(x, Lanes::all(-87.0F)), Lanes::all(88.0F));
    const I k = Lanes::to_integer(Lanes::mul(bounded, Lanes::all(1.44269504F)));
    const F count = Lanes::to_float(k);
    F r = Lanes::fnma(count, Lanes::all(0.693359375F), bounded);
    r = Lanes::fnma(count, Lanes::all(-2.12194440e-4F), r);
    F p = Lanes::all(1.3981999507e-3F);
    p = Lanes::fma(p, r, Lanes::all(8.3334519073e-3F));
    p = Lanes::fma(p, r, Lanes::all(4.1665795894e-2F));
    p = Lanes::fma(p, r, Lanes::all(1.6666665459e-1F));
    p = Lanes::fma(p, r, Lanes::all(5.0000001201e-1F));
    p = Lanes::fma(p, Lanes::mul(r, r), Lanes::add(r, Lanes::all(1.0F)));
    return Lanes::where_not_less(x, Lanes::all(-87.0F), Lanes::mul(p, Lanes::power_of_two(k)));
}

// x / (1 + exp(-y)).
inline F damped(F x, F y) {
    const F one = Lanes::all(1.0F);
    return Lanes::div(x, Lanes::add(one, exponential(Lanes::sub(Lanes::zero(), y))));
}

void add(float* out, const float* x, std::size_t n) {
    for (std::size_t i = 0; i < n; i += n_lanes) {
        const std::size_t some = at_most_16(n - i);
        store_some(out + i, Lanes::add(load_some(out + i, some), load_some(x + i, some)), some);
    }
}

void gelu(float* x, std::size_t n) {
    for (std::size_t i = 0; i < n; i += n_lanes) {
        const std::size_t some = at_most_16(n - i);
        const F value = load_some(x + i, some);
        const F cube = Lanes::mul(Lanes::mul(value, value), value);
        const F inner = Lanes::fma(cube, Lanes::all(0.044715F), value);
        store_some(x + i, damped(value, Lanes::mul(inner, Lanes::all(1.59576912F))), some);
    }
}

void swiglu(float* gate, const float* up, std::size_t n) {
    for (std::size_t i = 0; i < n; i += n_lanes) {
        const std::size_t some = at_most_16(n - i);
        const F value = load_some(gate + i, some);
        store_some(gate + i, Lanes::mul(damped(value, value), load_some(up + i, some)), some);
    }
}

void to_halves(const float* x, std::size_t n, Half* out) {
    std::size_t i = 0;
    for (; i + n_lanes <= n; i += n_lanes)
        Lanes::store_halves(out + i, Lanes::load(x + i));
    if (i == n) return;
    Half lanes[n_lanes];
    Lanes::store_halves(lanes, load_some(x + i, n - i));
    for (std::size_t j = 0; i + j < n; ++j)
        out[i + j] = lanes[j];
}

float softmax(float* x, std::size_t n, float slope) {
    constexpr float lowest = -3.4e38F;
    float ramp_start[n_lanes];
    for (std::size_t i = 0; i < n_lanes; ++i)
        ramp_start[i] = static_cast<float>(i);
    const F steps = Lanes::load(ramp_start);
    for (std::size_t i = n; i % n_lanes != 0; ++i)
        x[i] = lowest;
    F most = Lanes::all(lowest);
    const auto last = static_cast<float>(n - 1);
    for (std::size_t i = 0; i < n; i += n_lanes) {
        F value = Lanes::load(x + i);
        if (slope != 0) {
            const F distance = Lanes::add(steps, Lanes::all(static_cast<float>(i) - last));
            value = Lanes::fma(distance, Lanes::all(slope), value);
            Lanes::store(x + i, value);
            if (i + n_lanes > n) {
                for (std::size_t j = n; j < i + n_lanes; ++j)
                    x[j] = lowest;
                value = Lanes::load(x + i);
            }
        }
        most = Lanes::max(most, value);
    }
    const F largest = Lanes::all(Lanes::largest(most));
    F sum = Lanes::zero();
    for (std::size_t i = 0; i < n; i += n_lanes) {
        const F weight = exponential(Lanes::sub(Lanes::load(x + i), largest));
        Lanes::store(x + i, weight);
        sum = Lanes::add(sum, weight);
    }
    return Lanes::sum(sum);
}

}  // namespace
}  // namespace fabula::model::cpu
// NOLINTEND(readability-function-cognitive-complexity,bugprone-integer-division)
// NOLINTEND(misc-definitions-in-headers,cppcoreguidelines-init-variables,readability-function-size)
