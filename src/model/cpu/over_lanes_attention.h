// SPDX-License-Identifier: 0BSD
// Attention over two pages of keys and values, over lanes. See over_lanes.h.
#pragma once

#include "model/cpu/over_lanes_words.h"

// One file includes this, and what it defines stays in it.
// NOLINTBEGIN(misc-definitions-in-headers,cppcoreguidelines-init-variables,readability-function-size)
// NOLINTBEGIN(readability-function-cognitive-complexity,bugprone-integer-division)
namespace fabula::model::cpu {
namespace {

constexpr int to_second_level = 2;  // of the caches: the first is full of what is at work

inline F load_number(const Half* x) {
    return Lanes::load_half(x);
}
inline F load_number(const float* x) {
    return Lanes::load(x);
}

template <std::size_t size_bytes>
inline void fetch_ahead(const Byte*& next) {
    // Half a line at a time asks for each line twice, which costs less than to count.
    for (std::size_t line = 0; line < size_bytes; line += 64)
        __builtin_prefetch(next + line, 0, to_second_level);
    next += size_bytes;
}

template <typename Number, int n>
inline void score_some(const Scoring& scoring, std::size_t first) {
    static_assert(page_tokens == n_lanes);
    const auto* const low = static_cast<const Number*>(scoring.keys[0]);
    const auto* const high = static_cast<const Number*>(scoring.keys[1]);
    F low_sums[n];
    F high_sums[n];
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m)
        low_sums[m] = high_sums[m] = Lanes::zero();
    const float* queries[n];
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m)
        queries[m] = scoring.queries[first + static_cast<unsigned>(m)];
    const auto* next_low = static_cast<const Byte*>(scoring.next[0]);
    const auto* next_high = static_cast<const Byte*>(scoring.next[1]);
    for (std::size_t d = 0; d < scoring.head_dim; ++d) {
        fetch_ahead<n_lanes * sizeof(Number)>(next_low);
        fetch_ahead<n_lanes * sizeof(Number)>(next_high);
        const F low_keys = load_number(low + n_lanes * d);
        const F high_keys = load_number(high + n_lanes * d);
#pragma GCC unroll 8
        for (int m = 0; m < n; ++m) {
            const F query = Lanes::all(queries[m][d]);
            low_sums[m] = Lanes::fma(low_keys, query, low_sums[m]);
            high_sums[m] = Lanes::fma(high_keys, query, high_sums[m]);
        }
    }
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m) {
        float* const scores = scoring.scores[first + static_cast<unsigned>(m)];
        Lanes::store(scores, low_sums[m]);
        Lanes::store(scores + n_lanes, high_sums[m]);
    }
}

template <typename Number>
void score(const Scoring& scoring) {
    std::size_t i = 0;
    for (; i + 8 <= scoring.n_queries; i += 8)
        score_some<Number, 8>(scoring, i);
    for (; i + 3 <= scoring.n_queries; i += 3)
        score_some<Number, 3>(scoring, i);
    for (; i < scoring.n_queries; ++i)
        score_some<Number, 1>(scoring, i);
}

// The sums go on over the positions of one page.
template <typename Number, int n>
inline void mix_page(const Number* values, std::size_t stride, std::size_t n_keys,
                     const float* const* weights, F* sums) {
    for (std::size_t p = 0; p < n_keys; ++p) {
        const F value = load_number(values + p * stride);
#pragma GCC unroll 8
        for (int m = 0; m < n; ++m)
            sums[m] = Lanes::fma(value, Lanes::all(weights[m][p]), sums[m]);
    }
}

template <typename Number, int n>
inline void mix_some(const Mixing& mixing, std::size_t first) {
    const auto* const low = static_cast<const Number*>(mixing.values[0]);
    const auto* const high = static_cast<const Number*>(mixing.values[1]);
    const auto* next_low = static_cast<const Byte*>(mixing.next[0]);
    const auto* next_high = static_cast<const Byte*>(mixing.next[1]);
    const std::size_t n_low = mixing.n_keys < page_tokens ? mixing.n_keys : page_tokens;
    const float* low_weights[n];
    const float* high_weights[n];
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m) {
        low_weights[m] = mixing.weights[first + static_cast<unsigned>(m)];
        high_weights[m] = low_weights[m] + n_low;
    }
    for (std::size_t d = 0; d < mixing.padded_dim; d += n_lanes) {
        F sums[n];
#pragma GCC unroll 8
        for (int m = 0; m < n; ++m)
            sums[m] = Lanes::load(mixing.out[first + static_cast<unsigned>(m)] + d);
        fetch_ahead<page_tokens * n_lanes * sizeof(Number)>(next_low);
        fetch_ahead<page_tokens * n_lanes * sizeof(Number)>(next_high);
        mix_page<Number, n>(low + d, mixing.padded_dim, n_low, low_weights, sums);
        mix_page<Number, n>(high + d, mixing.padded_dim, mixing.n_keys - n_low, high_weights, sums);
#pragma GCC unroll 8
        for (int m = 0; m < n; ++m)
            Lanes::store(mixing.out[first + static_cast<unsigned>(m)] + d, sums[m]);
    }
}

template <typename Number>
void mix(const Mixing& mixing) {
    std::size_t i = 0;
    for (; i + 8 <= mixing.n_rows; i += 8)
        mix_some<Number, 8>(mixing, i);
    for (; i + 3 <= mixing.n_rows; i += 3)
        mix_some<Number, 3>(mixing, i);
    for (; i < mixing.n_rows; ++i)
        mix_some<Number, 1>(mixing, i);
}

}  // namespace
}  // namespace fabula::model::cpu
// NOLINTEND(readability-function-cognitive-complexity,bugprone-integer-division)
// NOLINTEND(misc-definitions-in-headers,cppcoreguidelines-init-variables,readability-function-size)
