// SPDX-License-Identifier: 0BSD
// The kernels, written once over sixteen lanes. A file that includes this has included one
// lanes_*.h before, and is compiled for the processor whose lanes these are, without contraction of
// a * b + c: which of them are fused is written here. Nothing of the standard library's inline code
// is used, so that none of it is left behind in a form that other processors cannot run.
#pragma once

#include "model/cpu/kernels.h"

namespace fabula::model::cpu {
namespace {

using F = Lanes::F;
using I = Lanes::I;
using B = Lanes::B;
using Byte = std::uint8_t;
using Half = std::uint16_t;

constexpr std::size_t n_lanes = 16;
constexpr std::size_t group = group_rows;

// A group's activations at one block of 32 columns.
struct Block {
    const std::int8_t* codes;
    const float* scales;
    const float* scaled_sums;
    const std::int32_t* negative_sums;
    const std::int32_t* negative_halves;
};

inline Block block_of(const Activations& rows, std::size_t index) {
    return {rows.codes + index * group * block_columns, rows.scales + index * group,
            rows.scaled_sums + index * group, rows.negative_sums + index * group,
            rows.negative_halves + 2 * index * group};
}

template <int n>
inline void start(I (&dots)[n], const std::int32_t* from) {
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m)
        dots[m] = Lanes::all(from[m]);
}

template <int shift, int n>
inline void start_at(I (&dots)[n], const std::int32_t* from) {
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m)
        dots[m] = Lanes::template shift_left<shift>(Lanes::all(from[m]));
}

template <int n>
inline void clear(I (&dots)[n]) {
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m)
        dots[m] = Lanes::no_integers();
}

// dots += four columns of the weights times those of each row; `column` is a multiple of 4.
template <int n>
inline void add_dots(I (&dots)[n], B codes, const Block& x, std::size_t column) {
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m)
        dots[m] =
            Lanes::dot(dots[m], codes, x.codes + block_columns * static_cast<unsigned>(m) + column);
}

// sums += dots * scale * the rows' scales.
template <int n>
inline void add_scaled(F (&sums)[n], const I (&dots)[n], F scale, const Block& x) {
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m)
        sums[m] = Lanes::fma(Lanes::to_float(dots[m]), Lanes::mul(scale, Lanes::all(x.scales[m])),
                             sums[m]);
}

// The codes of a block of 4 or 5 bits, vector by vector: each(j, codes of columns 4 j to 4 j + 3).
template <bool has_fifth, typename Each>
inline void each_nibbles(const Byte* codes, Each each) {
    const B low_bits = Lanes::all_bytes(0x0F);
    const B fifth_bit = Lanes::all_bytes(0x10);
    const B fifths = has_fifth ? Lanes::load_codes(codes + 256) : low_bits;
    const auto with_fifth = [&](B nibbles, B shifted) {
        return has_fifth ? Lanes::either(nibbles, Lanes::both(shifted, fifth_bit)) : nibbles;
    };
    const auto both_of = [&](std::size_t v, B low_shifted, B high_shifted) {
        const B raw = Lanes::load_codes(codes + 64 * v);
        each(v, with_fifth(Lanes::both(raw, low_bits), low_shifted));
        each(v + 4,
             with_fifth(Lanes::both(Lanes::template words_right<4>(raw), low_bits), high_shifted));
    };
    both_of(0, Lanes::template words_left<4>(fifths), fifths);
    both_of(1, Lanes::template words_left<3>(fifths), Lanes::template words_right<1>(fifths));
    both_of(2, Lanes::template words_left<2>(fifths), Lanes::template words_right<2>(fifths));
    both_of(3, Lanes::template words_left<1>(fifths), Lanes::template words_right<3>(fifths));
}

template <int n>
inline void add_q8_0(const Byte* tile, const Block& x, F scale, F (&sums)[n]) {
    I dots[n];
    if constexpr (Lanes::adds_128) {
        start_at<7>(dots, x.negative_sums);
    } else {
        clear(dots);
    }
#pragma GCC unroll 8
    for (std::size_t j = 0; j < 8; ++j) {
        const B codes = Lanes::load_codes(tile + 64 * j);
#pragma GCC unroll 8
        for (int m = 0; m < n; ++m)
            dots[m] = Lanes::dot_wide(dots[m], codes,
                                      x.codes + block_columns * static_cast<unsigned>(m) + 4 * j);
    }
    add_scaled(sums, dots, scale, x);
}

// 4 or 5 bits with a zero point in the middle.
template <bool has_fifth, int n>
inline void add_centred(const Byte* tile, const Block& x, F scale, F (&sums)[n]) {
    I dots[n];
    start_at<has_fifth ? 4 : 3>(dots, x.negative_sums);
    each_nibbles<has_fifth>(tile, [&](std::size_t j, B codes) { add_dots(dots, codes, x, 4 * j); });
    add_scaled(sums, dots, scale, x);
}

// 4 or 5 bits with a scale and an offset: weight = scale * code + offset.
template <bool has_fifth, int n>
inline void add_offset(const Byte* tile, const Block& x, F scale, F offset, F (&sums)[n]) {
    I dots[n];
    clear(dots);
    each_nibbles<has_fifth>(tile, [&](std::size_t j, B codes) { add_dots(dots, codes, x, 4 * j); });
    add_scaled(sums, dots, scale, x);
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m)
        sums[m] = Lanes::fma(offset, Lanes::all(x.scaled_sums[m]), sums[m]);
}

// Formats whose codes come first and the scales of all blocks behind.
template <Format format, int n>
inline void add_blocks(const Byte* tile, const Activations& rows, std::size_t first_block,
                       F (&sums)[n]) {
    constexpr TileLayout layout = layout_of(format);
    const std::size_t n_blocks = rows.n_in / block_columns;
    const Byte* scales = tile + n_blocks * layout.codes_bytes;
    for (std::size_t b = 0; b < n_blocks; ++b) {
        const Byte* codes = tile + b * layout.codes_bytes;
        const Block x = block_of(rows, first_block + b);
        const auto* const d = reinterpret_cast<const Half*>(scales + b * layout.scales_bytes);
        const F scale = Lanes::load_half(d);
        if constexpr (format == Format::q8_0) add_q8_0(codes, x, scale, sums);
        if constexpr (format == Format::q4_0) add_centred<false>(codes, x, scale, sums);
        if constexpr (format == Format::q5_0) add_centred<true>(codes, x, scale, sums);
        if constexpr (format == Format::q5_1)
            add_offset<true>(codes, x, scale, Lanes::load_half(d + n_lanes), sums);
    }
}

// q4_k and q5_k: 256 columns.
template <bool has_fifth, int n>
inline void add_super(const Byte* super, const Activations& rows, std::size_t block, F (&sums)[n]) {
    constexpr TileLayout layout = layout_of(has_fifth ? Format::q5_k : Format::q4_k);
    const auto* const halves = reinterpret_cast<const Half*>(super);
    const F d = Lanes::load_half(halves);
    const F e = Lanes::load_half(halves + n_lanes);
    for (std::size_t b = 0; b < 8; ++b) {
        const F scale = Lanes::mul(d, Lanes::load_u8(super + 64 + 16 * b));
        const F offset =
            Lanes::sub(Lanes::zero(), Lanes::mul(e, Lanes::load_u8(super + 192 + 16 * b)));
        add_offset<has_fifth>(super + layout.super_codes_at + b * layout.codes_bytes,
                              block_of(rows, block + b), scale, offset, sums);
    }
}

// q6_k: a block of 32 columns, two scales.
template <int n>
inline void add_q6_k(const Byte* codes, const Block& x, F low_scale, F high_scale, F (&sums)[n]) {
    const B low_bits = Lanes::all_bytes(0x0F);
    const B high_bits = Lanes::all_bytes(0x30);
    I dots[n];
    start_at<5>(dots, x.negative_halves);
    const B highs = Lanes::load_codes(codes + 256);
    const auto low_half = [&](std::size_t j, B shifted) {
        const B low = Lanes::both(Lanes::load_codes(codes + 64 * j), low_bits);
        add_dots(dots, Lanes::either(low, Lanes::both(shifted, high_bits)), x, 4 * j);
    };
    low_half(0, Lanes::template words_left<4>(highs));
    low_half(1, Lanes::template words_left<2>(highs));
    low_half(2, highs);
    low_half(3, Lanes::template words_right<2>(highs));
    add_scaled(sums, dots, low_scale, x);
    start_at<5>(dots, x.negative_halves + group);
    const B more_highs = Lanes::load_codes(codes + 320);
    const auto high_half = [&](std::size_t j, B shifted) {
        const B low = Lanes::both(Lanes::template words_right<4>(Lanes::load_codes(codes + 64 * j)),
                                  low_bits);
        add_dots(dots, Lanes::either(low, Lanes::both(shifted, high_bits)), x, 16 + 4 * j);
    };
    high_half(0, Lanes::template words_left<4>(more_highs));
    high_half(1, Lanes::template words_left<2>(more_highs));
    high_half(2, more_highs);
    high_half(3, Lanes::template words_right<2>(more_highs));
    add_scaled(sums, dots, high_scale, x);
}

template <int n>
inline void add_super_q6_k(const Byte* super, const Activations& rows, std::size_t block,
                           F (&sums)[n]) {
    constexpr TileLayout layout = layout_of(Format::q6_k);
    const F d = Lanes::load_half(reinterpret_cast<const Half*>(super));
    for (std::size_t b = 0; b < 8; ++b) {
        const Byte* scales = super + 64 + 32 * b;
        add_q6_k(super + layout.super_codes_at + b * layout.codes_bytes, block_of(rows, block + b),
                 Lanes::mul(d, Lanes::load_s8(scales)), Lanes::mul(d, Lanes::load_s8(scales + 16)),
                 sums);
    }
}

template <Format format, int n>
inline void add_supers(const Byte* tile, const Activations& rows, std::size_t first_block,
                       F (&sums)[n]) {
    constexpr TileLayout layout = layout_of(format);
    for (std::size_t s = 0; s < rows.n_in / super_columns; ++s) {
        const Byte* super = tile + s * layout.super_bytes;
        if constexpr (format == Format::q6_k) {
            add_super_q6_k(super, rows, first_block + 8 * s, sums);
        } else {
            add_super<format == Format::q5_k>(super, rows, first_block + 8 * s, sums);
        }
    }
}

template <Format format>
inline F load_column(const Byte* tile, std::size_t column) {
    if constexpr (format == Format::f32)
        return Lanes::load(reinterpret_cast<const float*>(tile) + 16 * column);
    const auto* const halves = reinterpret_cast<const Half*>(tile) + 16 * column;
    if constexpr (format == Format::bf16) return Lanes::load_brain(halves);
    return Lanes::load_half(halves);
}

template <Format format, int n>
inline void add_columns(const Byte* tile, const float* x, std::size_t n_in, F (&sums)[n]) {
    F odd[n];
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m)
        odd[m] = Lanes::zero();
    std::size_t column = 0;
    for (; column + 2 <= n_in; column += 2, x += 2 * group) {
        const F first = load_column<format>(tile, column);
        const F second = load_column<format>(tile, column + 1);
#pragma GCC unroll 8
        for (int m = 0; m < n; ++m) {
            sums[m] = Lanes::fma(first, Lanes::all(x[m]), sums[m]);
            odd[m] = Lanes::fma(second, Lanes::all(x[group + static_cast<unsigned>(m)]), odd[m]);
        }
    }
    if (column < n_in) {
        const F last = load_column<format>(tile, column);
#pragma GCC unroll 8
        for (int m = 0; m < n; ++m)
            sums[m] = Lanes::fma(last, Lanes::all(x[m]), sums[m]);
    }
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m)
        sums[m] = Lanes::add(sums[m], odd[m]);
}

// One tile times `n` rows of a group.
template <Format format, int n>
inline void multiply_tile(const Byte* tile, const Activations& rows, std::size_t group_index,
                          F (&sums)[n]) {
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m)
        sums[m] = Lanes::zero();
    if constexpr (!is_integer(format)) {
        add_columns<format>(tile, rows.values + group_index * rows.n_in * group, rows.n_in, sums);
    } else {
        const std::size_t block = group_index * (rows.n_in / block_columns);
        if constexpr (layout_of(format).super_bytes != 0) {
            add_supers<format>(tile, rows, block, sums);
        } else {
            add_blocks<format>(tile, rows, block, sums);
        }
    }
}

inline void store_some(float* out, F sums, std::size_t n) {
    if (n >= n_lanes) {
        Lanes::store(out, sums);
        return;
    }
    float lanes[n_lanes];
    Lanes::store(lanes, sums);
    for (std::size_t i = 0; i < n; ++i)
        out[i] = lanes[i];
}

// Where a tile meets a group of rows.
struct Meeting {
    const Byte* tile;
    const Activations* rows;
    std::size_t group_index;
    std::size_t n_kept;  // rows of the matrix in this tile
    float* out;          // of the group's first row and the tile's first
    std::size_t stride;
};

// `n` rows are computed, the first `n_rows` kept.
template <Format format, int n>
void multiply_group(const Meeting& at, std::size_t n_rows) {
    F sums[n];
    multiply_tile<format>(at.tile, *at.rows, at.group_index, sums);
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m) {
        if (static_cast<std::size_t>(m) < n_rows)
            store_some(at.out + static_cast<std::size_t>(m) * at.stride, sums[m], at.n_kept);
    }
}

template <Format format>
void multiply(const TileRange& range, const Activations& rows, const Product& product) {
    for (std::size_t t = range.first; t < range.end; ++t) {
        const std::size_t row = t * tile_rows;
        const std::size_t kept = range.n_out - row < tile_rows ? range.n_out - row : tile_rows;
        Meeting at{reinterpret_cast<const Byte*>(range.tiles) + t * range.tile_bytes,
                   &rows,
                   0,
                   kept,
                   product.out + row,
                   product.stride};
        for (std::size_t first = 0; first < rows.n_rows; first += group) {
            const std::size_t n = rows.n_rows - first < group ? rows.n_rows - first : group;
            switch (n) {
                case 1:
                    multiply_group<format, 1>(at, n);
                    break;
                case 2:
                    multiply_group<format, 2>(at, n);
                    break;
                case 3:
                    multiply_group<format, 3>(at, n);
                    break;
                case 4:
                    multiply_group<format, 4>(at, n);
                    break;
                default:
                    multiply_group<format, 8>(at, n);
                    break;
            }
            at.group_index += 1;
            at.out += group * product.stride;
        }
    }
}

void quantise(const float* values, std::size_t n, const QuantisedRow& out) {
    for (std::size_t b = 0; b < n / block_columns; ++b) {
        const F low = Lanes::load(values + b * block_columns);
        const F high = Lanes::load(values + b * block_columns + n_lanes);
        const float most = Lanes::largest(Lanes::max(Lanes::abs(low), Lanes::abs(high)));
        const float scale = most / 127.0F;
        const F inverse = Lanes::all(most > 0 ? 127.0F / most : 0.0F);
        const I low_codes = Lanes::to_integer(Lanes::mul(low, inverse));
        const I high_codes = Lanes::to_integer(Lanes::mul(high, inverse));
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

inline F load_number(const Half* x) {
    return Lanes::load_half(x);
}
inline F load_number(const float* x) {
    return Lanes::load(x);
}

template <typename Number, int n>
inline void score_some(const Scoring& scoring, std::size_t first) {
    const auto* const low = static_cast<const Number*>(scoring.keys);
    const Number* const high = low + n_lanes * scoring.head_dim;
    F low_sums[n];
    F high_sums[n];
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m)
        low_sums[m] = high_sums[m] = Lanes::zero();
    const float* queries[n];
#pragma GCC unroll 8
    for (int m = 0; m < n; ++m)
        queries[m] = scoring.queries[first + static_cast<unsigned>(m)];
    for (std::size_t d = 0; d < scoring.head_dim; ++d) {
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

template <typename Number, int n>
inline void mix_some(const Mixing& mixing, std::size_t first) {
    const auto* const values = static_cast<const Number*>(mixing.values);
    for (std::size_t d = 0; d < mixing.padded_dim; d += n_lanes) {
        F sums[n];
#pragma GCC unroll 8
        for (int m = 0; m < n; ++m)
            sums[m] = Lanes::load(mixing.out[first + static_cast<unsigned>(m)] + d);
        for (std::size_t p = 0; p < mixing.n_keys; ++p) {
            const F value = load_number(values + p * mixing.padded_dim + d);
#pragma GCC unroll 8
            for (int m = 0; m < n; ++m)
                sums[m] = Lanes::fma(
                    value, Lanes::all(mixing.weights[first + static_cast<unsigned>(m)][p]),
                    sums[m]);
        }
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

constexpr Kernels make_kernels(const char* name) {
    return {name,
            {multiply<Format::f32>, multiply<Format::f16>, multiply<Format::bf16>,
             multiply<Format::q8_0>, multiply<Format::q4_0>, multiply<Format::q5_0>,
             multiply<Format::q5_1>, multiply<Format::q4_k>, multiply<Format::q5_k>,
             multiply<Format::q6_k>},
            quantise,
            layer_norm,
            rms_norm,
            gelu,
            swiglu,
            to_halves,
            score<Half>,
            score<float>,
            softmax,
            mix<Half>,
            mix<float>};
}

}  // namespace
}  // namespace fabula::model::cpu
