// SPDX-License-Identifier: 0BSD
// From rows as GGUF files hold them to tiles as the kernels read them, and single rows back.
#pragma once

#include "model/cpu/formats.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace fabula::model::cpu {

/// The format that holds ggml's type of that name ("Q8_0") as it is, or nothing.
std::optional<Format> format_of_type(std::string_view type);

/// Bytes of a row of `n_in` columns in the file.
std::size_t row_bytes_of(Format format, std::size_t n_in);

/// Fills the tile from `n_rows` (1 to 16) rows that lie one behind the other at `rows` as in the
/// file; rows that are not there become zero. Requires tile_bytes_of(format, n_in) bytes at `tile`.
void pack_tile(Format format, const std::byte* rows, std::size_t n_rows, std::size_t n_in,
               std::byte* tile);

/// Row `row` (0 to 15) of a tile as numbers; out: [n_in].
void unpack_row(Format format, const std::byte* tile, std::size_t row, std::size_t n_in,
                float* out);

/// One row of numbers as a row of Q8_0 blocks, as in the file; n_in a multiple of 32. A block's
/// scale is its largest number / 127, in half precision; where that is none (a number was not
/// finite or is beyond the range of halves), all of the block is no number.
void quantise_q8_0(const float* numbers, std::size_t n_in, std::byte* row);

}  // namespace fabula::model::cpu
