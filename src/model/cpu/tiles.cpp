// SPDX-License-Identifier: 0BSD
// The blocks of ggml's types, as described in ggml-common.h and ggml-quants.c of llama.cpp.
#include "model/cpu/tiles.h"

#include "model/cpu/half.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>
#include <string>

namespace fabula::model::cpu {
namespace {

using Byte = std::uint8_t;

struct TypeName {
    const char* type;
    Format format;
    std::size_t block_columns;
    std::size_t block_bytes;
};
constexpr std::array<TypeName, n_formats> types = {{{"F32", Format::f32, 1, 4},
                                                    {"F16", Format::f16, 1, 2},
                                                    {"BF16", Format::bf16, 1, 2},
                                                    {"Q8_0", Format::q8_0, 32, 34},
                                                    {"Q4_0", Format::q4_0, 32, 18},
                                                    {"Q5_0", Format::q5_0, 32, 22},
                                                    {"Q5_1", Format::q5_1, 32, 24},
                                                    {"Q4_K", Format::q4_k, 256, 144},
                                                    {"Q5_K", Format::q5_k, 256, 176},
                                                    {"Q6_K", Format::q6_k, 256, 210}}};

const TypeName& type_of(Format format) {
    return types[static_cast<std::size_t>(format)];
}

template <typename Number>
Number number_at(const Byte* bytes) {
    Number number;
    std::memcpy(&number, bytes, sizeof(number));
    return number;
}

void put_half(Byte* at, std::size_t lane, const Byte* half) {
    std::memcpy(at + 2 * lane, half, 2);
}

// The code of column c of a block of 32, for one row of a tile.
struct CodePlace {
    std::size_t byte;  // within 64 bytes
    std::size_t vector;
};
CodePlace place_of(std::size_t row, std::size_t column) {
    return {4 * row + column % 4, column / 4};
}

void put_code(Byte* block, unsigned bits, const CodePlace& at, unsigned code) {
    if (bits == 8) {
        block[64 * at.vector + at.byte] = static_cast<Byte>(code);
        return;
    }
    const unsigned nibble_shift = at.vector < 4 ? 0 : 4;
    block[64 * (at.vector % 4) + at.byte] |= static_cast<Byte>((code & 15U) << nibble_shift);
    if (bits == 5) block[256 + at.byte] |= static_cast<Byte>((code >> 4U) << at.vector);
    if (bits == 6) {
        block[256 + 64 * (at.vector / 4) + at.byte] |=
            static_cast<Byte>((code >> 4U) << (2 * (at.vector % 4)));
    }
}

unsigned code_at(const Byte* block, unsigned bits, const CodePlace& at) {
    if (bits == 8) return block[64 * at.vector + at.byte];
    const unsigned nibble_shift = at.vector < 4 ? 0 : 4;
    unsigned code = (block[64 * (at.vector % 4) + at.byte] >> nibble_shift) & 15U;
    if (bits == 5) code |= ((block[256 + at.byte] >> at.vector) & 1U) << 4U;
    if (bits == 6) {
        code |= ((block[256 + 64 * (at.vector / 4) + at.byte] >> (2 * (at.vector % 4))) & 3U) << 4U;
    }
    return code;
}

// The codes of 32 columns of the formats whose blocks have 32, as in the file; q8_0's plus 128.
void read_codes(Format format, const Byte* block, Byte* codes) {
    if (format == Format::q8_0) {
        for (std::size_t c = 0; c < 32; ++c)
            codes[c] = block[2 + c] ^ 0x80U;
        return;
    }
    const bool has_minimum = format == Format::q5_1;
    const bool has_fifth = format != Format::q4_0;
    const Byte* const fifths = block + (has_minimum ? 4 : 2);
    const Byte* const nibbles = fifths + (has_fifth ? 4 : 0);
    const std::uint32_t high = has_fifth ? number_at<std::uint32_t>(fifths) : 0;
    for (std::size_t c = 0; c < 32; ++c) {
        const unsigned low = c < 16 ? nibbles[c] & 15U : nibbles[c - 16] >> 4U;
        codes[c] = static_cast<Byte>(low | ((high >> c) & 1U) << 4U);
    }
}

// One row of 256 columns of a K format, taken apart.
struct SuperRow {
    std::array<Byte, super_columns> codes;
    std::array<Byte, 16> scales;  // q6_k: of 16 columns, signed; else of 32
    std::array<Byte, 8> offsets;
    const Byte* d;
    const Byte* e;  // nullptr for q6_k
};

void read_scales(const Byte* packed, SuperRow& row) {
    for (std::size_t i = 0; i < 4; ++i) {
        row.scales[i] = packed[i] & 63U;
        row.offsets[i] = packed[i + 4] & 63U;
        row.scales[i + 4] = static_cast<Byte>((packed[i + 8] & 15U) | (packed[i] >> 6U) << 4U);
        row.offsets[i + 4] = static_cast<Byte>((packed[i + 8] >> 4U) | (packed[i + 4] >> 6U) << 4U);
    }
}

SuperRow read_super_4_or_5(const Byte* block, bool has_fifth) {
    SuperRow row{};
    row.d = block;
    row.e = block + 2;
    read_scales(block + 4, row);
    const Byte* const fifths = block + 16;
    const Byte* const nibbles = block + (has_fifth ? 48 : 16);
    for (std::size_t i = 0; i < 256; ++i) {
        const std::size_t pair = i / 64;
        const std::size_t l = i % 32;
        const bool is_high = i % 64 >= 32;
        const Byte raw = nibbles[32 * pair + l];
        unsigned code = is_high ? raw >> 4U : raw & 15U;
        if (has_fifth) code |= ((fifths[l] >> (2 * pair + (is_high ? 1 : 0))) & 1U) << 4U;
        row.codes[i] = static_cast<Byte>(code);
    }
    return row;
}

SuperRow read_super_6(const Byte* block) {
    SuperRow row{};
    row.d = block + 208;
    std::memcpy(row.scales.data(), block + 192, 16);
    for (std::size_t i = 0; i < 256; ++i) {
        const std::size_t half = i / 128;
        const std::size_t quarter = i % 128 / 32;
        const std::size_t l = i % 32;
        const Byte low = block[64 * half + 32 * (quarter % 2) + l];
        const unsigned high = (block[128 + 32 * half + l] >> (2 * quarter)) & 3U;
        row.codes[i] = static_cast<Byte>((quarter < 2 ? low & 15U : low >> 4U) | high << 4U);
    }
    return row;
}

void pack_super_row(Format format, const Byte* block, std::size_t lane, Byte* super) {
    const TileLayout layout = layout_of(format);
    const SuperRow row = format == Format::q6_k ? read_super_6(block)
                                                : read_super_4_or_5(block, format == Format::q5_k);
    put_half(super, lane, row.d);
    if (row.e != nullptr) put_half(super + 32, lane, row.e);
    const std::size_t n_scales = format == Format::q6_k ? 16 : 8;
    for (std::size_t i = 0; i < n_scales; ++i)
        super[64 + 16 * i + lane] = row.scales[i];
    for (std::size_t i = 0; format != Format::q6_k && i < 8; ++i)
        super[192 + 16 * i + lane] = row.offsets[i];
    for (std::size_t i = 0; i < super_columns; ++i) {
        put_code(super + layout.super_codes_at + i / 32 * layout.codes_bytes, layout.bits,
                 place_of(lane, i % 32), row.codes[i]);
    }
}

void pack_block_row(Format format, const Byte* block, std::size_t lane, Byte* packed,
                    Byte* scales) {
    const TileLayout layout = layout_of(format);
    std::array<Byte, block_columns> codes{};
    read_codes(format, block, codes.data());
    put_half(scales, lane, block);
    if (format == Format::q5_1) put_half(scales + 32, lane, block + 2);
    if (format == Format::q8_0) {
        for (std::size_t vector = 0; vector < 8; ++vector)
            std::memcpy(packed + 64 * vector + 4 * lane, codes.data() + 4 * vector, 4);
        return;
    }
    for (std::size_t c = 0; c < block_columns; ++c)
        put_code(packed, layout.bits, place_of(lane, c), codes[c]);
}

void pack_row(Format format, const Byte* row, std::size_t lane, std::size_t n_in, Byte* tile) {
    const TileLayout layout = layout_of(format);
    if (layout.column_bytes != 0) {
        const std::size_t size = layout.column_bytes / tile_rows;
        for (std::size_t c = 0; c < n_in; ++c)
            std::memcpy(tile + c * layout.column_bytes + lane * size, row + c * size, size);
        return;
    }
    const TypeName& type = type_of(format);
    const std::size_t n_blocks = n_in / type.block_columns;
    for (std::size_t b = 0; b < n_blocks; ++b) {
        const Byte* const block = row + b * type.block_bytes;
        if (layout.super_bytes != 0) {
            pack_super_row(format, block, lane, tile + b * layout.super_bytes);
        } else {
            pack_block_row(format, block, lane, tile + codes_at(format, b),
                           tile + scales_at(format, b));
        }
    }
}

float half_at(const Byte* halves, std::size_t lane) {
    return float_of_half(number_at<std::uint16_t>(halves + 2 * lane));
}

float float_number(Format format, const Byte* at) {
    if (format == Format::f32) return number_at<float>(at);
    const auto raw = number_at<std::uint16_t>(at);
    return format == Format::f16 ? float_of_half(raw) : float_of_brain(raw);
}

float centre_of(Format format) {
    switch (format) {
        case Format::q8_0:
            return 128;
        case Format::q4_0:
            return 8;
        case Format::q5_0:
            return 16;
        case Format::q6_k:
            return 32;
        default:
            return 0;
    }
}

void unpack_super(Format format, const Byte* super, std::size_t lane, float* out) {
    const TileLayout layout = layout_of(format);
    const float d = half_at(super, lane);
    for (std::size_t i = 0; i < super_columns; ++i) {
        const Byte* const block = super + layout.super_codes_at + i / 32 * layout.codes_bytes;
        const auto code = static_cast<float>(code_at(block, layout.bits, place_of(lane, i % 32)));
        if (format == Format::q6_k) {
            const auto scale = static_cast<std::int8_t>(super[64 + i / 16 * 16 + lane]);
            out[i] = d * static_cast<float>(scale) * (code - centre_of(format));
        } else {
            const float e = half_at(super + 32, lane);
            const std::size_t place = i / block_columns * tile_rows + lane;
            const auto scale = static_cast<float>(super[64 + place]);
            const auto offset = static_cast<float>(super[192 + place]);
            out[i] = d * scale * code - e * offset;
        }
    }
}

}  // namespace

std::optional<Format> format_of_type(std::string_view type) {
    const auto* const found = std::ranges::find(types, type, &TypeName::type);
    if (found == types.end()) return std::nullopt;
    return found->format;
}

std::size_t row_bytes_of(Format format, std::size_t n_in) {
    const TypeName& type = type_of(format);
    return n_in / type.block_columns * type.block_bytes;
}

void pack_tile(Format format, const std::byte* rows, std::size_t n_rows, std::size_t n_in,
               std::byte* tile) {
    assert(n_rows >= 1 && n_rows <= tile_rows && n_in % type_of(format).block_columns == 0);
    std::memset(tile, 0, tile_bytes_of(format, n_in));
    const std::size_t row_bytes = row_bytes_of(format, n_in);
    for (std::size_t lane = 0; lane < n_rows; ++lane) {
        pack_row(format, reinterpret_cast<const Byte*>(rows) + lane * row_bytes, lane, n_in,
                 reinterpret_cast<Byte*>(tile));
    }
}

void unpack_row(Format format, const std::byte* tile, std::size_t row, std::size_t n_in,
                float* out) {
    const auto* const bytes = reinterpret_cast<const Byte*>(tile);
    const TileLayout layout = layout_of(format);
    if (layout.column_bytes != 0) {
        const std::size_t size = layout.column_bytes / tile_rows;
        for (std::size_t c = 0; c < n_in; ++c)
            out[c] = float_number(format, bytes + c * layout.column_bytes + row * size);
        return;
    }
    if (layout.super_bytes != 0) {
        for (std::size_t s = 0; s < n_in / super_columns; ++s)
            unpack_super(format, bytes + s * layout.super_bytes, row, out + s * super_columns);
        return;
    }
    const std::size_t n_blocks = n_in / block_columns;
    for (std::size_t b = 0; b < n_blocks; ++b) {
        const Byte* const scales = bytes + scales_at(format, b);
        const float d = half_at(scales, row);
        const float offset = format == Format::q5_1 ? half_at(scales + 32, row) : 0;
        for (std::size_t c = 0; c < block_columns; ++c) {
            const auto code = static_cast<float>(
                code_at(bytes + codes_at(format, b), layout.bits, place_of(row, c)));
            out[b * block_columns + c] = d * (code - centre_of(format)) + offset;
        }
    }
}

void quantise_q8_0(const float* numbers, std::size_t n_in, std::byte* row) {
    for (std::size_t b = 0; b < n_in / block_columns; ++b) {
        const float* const x = numbers + b * block_columns;
        float most = 0;
        for (std::size_t c = 0; c < block_columns; ++c) {
            const float size = std::fabs(x[c]);
            if (size > most || std::isnan(size)) most = size;
        }
        const std::uint16_t half = half_of_float(most / 127.0F);
        const float scale = float_of_half(half);
        const bool has_codes = scale > 0 && std::isfinite(scale);
        std::byte* const block = row + 34 * b;
        std::memcpy(block, &half, 2);
        for (std::size_t c = 0; c < block_columns; ++c) {
            const float code = has_codes ? std::nearbyint(x[c] / scale) : 0.0F;
            block[2 + c] =
                static_cast<std::byte>(static_cast<std::int8_t>(std::clamp(code, -127.0F, 127.0F)));
        }
    }
}

}  // namespace fabula::model::cpu
