// SPDX-License-Identifier: 0BSD
// Products of tiles and rows, over lanes. See over_lanes.h.
#pragma once

#include "model/cpu/over_lanes_words.h"

// One file includes this, and what it defines stays in it.
// NOLINTBEGIN(misc-definitions-in-headers,cppcoreguidelines-init-variables,readability-function-size)
// NOLINTBEGIN(readability-function-cognitive-complexity,bugprone-integer-division)
namespace fabula::model::cpu {
namespace {

// Weights are asked for this long before they are used: some hundred nanoseconds.
constexpr std::size_t ahead_bytes = 2048;

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
        __builtin_prefetch(codes + 64 * v + ahead_bytes);
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
        __builtin_prefetch(tile + 64 * j + ahead_bytes);
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

// Formats whose blocks come in pairs, scales first.
template <Format format, int n>
inline void add_blocks(const Byte* tile, const Activations& rows, std::size_t first_block,
                       F (&sums)[n]) {
    for (std::size_t b = 0; b < rows.n_in / block_columns; ++b) {
        const Byte* codes = tile + codes_at(format, b);
        const Block x = block_of(rows, first_block + b);
        const auto* const d = reinterpret_cast<const Half*>(tile + scales_at(format, b));
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
        __builtin_prefetch(tile + column * layout_of(format).column_bytes + ahead_bytes);
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

}  // namespace
}  // namespace fabula::model::cpu
// NOLINTEND(readability-function-cognitive-complexity,bugprone-integer-division)
// NOLINTEND(misc-definitions-in-headers,cppcoreguidelines-init-variables,readability-function-size)
