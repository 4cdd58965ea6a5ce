// SPDX-License-Identifier: 0BSD
// How weights lie in memory for the kernels: sixteen rows at a time, side by side, so that one
// vector holds the same columns of sixteen outputs and each weight is read once for all branches.
//
// A matrix [n_out, n_in] is a list of tiles, one for 16 rows (the last is filled up with zeros).
// Inside a tile, integer formats go by blocks of 32 columns. A block's codes fill 8 vectors of 64
// bytes; vector j, lane r, byte i is the code of row r, column 4 j + i. Codes of 4 bits lie two to
// a byte (vector v low, vector v + 4 high), the fifth bit of vector j in bit j of one more vector,
// bits five and six of vectors 4 p to 4 p + 3 in bits 2 (j mod 4) of vector p of two more.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fabula::model::cpu {

/// A weight is: f32, f16, bf16: itself; q8_0: d * c; q4_0: d * (c - 8); q5_0: d * (c - 16);
/// q5_1: d * c + m; q4_k and q5_k: d s c - e m with s and m for 32 columns and d and e for 256;
/// q6_k: d s (c - 32) with s for 16 columns and d for 256. As in ggml, whose blocks these come
/// from.
enum class Format : std::uint8_t { f32, f16, bf16, q8_0, q4_0, q5_0, q5_1, q4_k, q5_k, q6_k };
constexpr std::size_t n_formats = 10;

constexpr std::size_t tile_rows = 16;
constexpr std::size_t block_columns = 32;
constexpr std::size_t super_columns = 256;  // of the K formats

/// The parts of a tile of a format, in bytes. Formats with `super_bytes` have everything of 256
/// columns together: half d[16], (half e[16]), uint8 s[n][16], (uint8 m[8][16]), codes; others
/// have all codes first and then, for each block, half d[16] and (q5_1) half m[16].
struct TileLayout {
    std::size_t column_bytes = 0;  // f32, f16, bf16: of one column of 16 rows
    std::size_t codes_bytes = 0;   // of one block
    std::size_t scales_bytes = 0;  // of one block
    std::size_t super_bytes = 0;   // of 256 columns
    std::size_t super_codes_at = 0;
    unsigned bits = 0;  // of a code
};

constexpr TileLayout layout_of(Format format) {
    switch (format) {
        case Format::f32:
            return {.column_bytes = 64};
        case Format::f16:
        case Format::bf16:
            return {.column_bytes = 32};
        case Format::q8_0:
            return {.codes_bytes = 512, .scales_bytes = 32, .bits = 8};
        case Format::q4_0:
            return {.codes_bytes = 256, .scales_bytes = 32, .bits = 4};
        case Format::q5_0:
            return {.codes_bytes = 320, .scales_bytes = 32, .bits = 5};
        case Format::q5_1:
            return {.codes_bytes = 320, .scales_bytes = 64, .bits = 5};
        case Format::q4_k:
            return {.codes_bytes = 256, .super_bytes = 2368, .super_codes_at = 320, .bits = 4};
        case Format::q5_k:
            return {.codes_bytes = 320, .super_bytes = 2880, .super_codes_at = 320, .bits = 5};
        case Format::q6_k:
            return {.codes_bytes = 384, .super_bytes = 3392, .super_codes_at = 320, .bits = 6};
    }
    return {};
}

/// Where in a tile the scales and the codes of block `block` begin; for formats in pairs.
constexpr std::size_t scales_at(Format format, std::size_t block) {
    const TileLayout layout = layout_of(format);
    return block / 2 * 2 * (layout.scales_bytes + layout.codes_bytes) +
           block % 2 * layout.scales_bytes;
}
constexpr std::size_t codes_at(Format format, std::size_t block) {
    const TileLayout layout = layout_of(format);
    return block / 2 * 2 * (layout.scales_bytes + layout.codes_bytes) + 2 * layout.scales_bytes +
           block % 2 * layout.codes_bytes;
}

/// Bytes of a tile of rows of `n_in` columns, a multiple of 64. Requires n_in > 0, a multiple of 32
/// (256 for the K formats) for integer formats.
constexpr std::size_t tile_bytes_of(Format format, std::size_t n_in) {
    const TileLayout layout = layout_of(format);
    std::size_t bytes = n_in * layout.column_bytes;
    if (layout.super_bytes != 0) {
        bytes = n_in / super_columns * layout.super_bytes;
    } else if (layout.codes_bytes != 0) {
        bytes = codes_at(format, n_in / block_columns - 1) + layout.codes_bytes;
    }
    return (bytes + 63) / 64 * 64;
}

constexpr bool is_integer(Format format) {
    return layout_of(format).column_bytes == 0;
}

}  // namespace fabula::model::cpu
