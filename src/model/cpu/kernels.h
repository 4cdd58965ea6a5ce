// SPDX-License-Identifier: 0BSD
// The arithmetic of the decoder: plain functions over arrays, in three forms of the same source
// (over_lanes.h), the widest of which that the processor has is chosen at run time. They allocate
// nothing and know no threads.
//
// Each result is a function of its own row (and the weights) alone: how many rows a call has, and
// which others, changes no bit. Different kernels give different last bits.
#pragma once

#include "base/result.h"
#include "model/cpu/formats.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fabula::model::cpu {

/// Rows of activations lie in groups of eight, side by side: a weight that is in a register meets
/// the same column of all rows at fixed distances. Places of rows that are not there hold anything
/// finite.
constexpr std::size_t group_rows = 8;

/// Row r is number r % 8 of group r / 8. `values` serve the float formats, the rest the integer
/// formats: the same in 8 bits, value ~ scale * code, with a scale for each block of 32 columns.
struct Activations {
    std::size_t n_rows = 0;
    std::size_t n_in = 0;
    const float* values = nullptr;                  // [groups, n_in, 8]
    const std::int8_t* codes = nullptr;             // [groups, n_in / 32, 8, 32]
    const float* scales = nullptr;                  // [groups, n_in / 32, 8]
    const float* scaled_sums = nullptr;             // [groups, n_in / 32, 8]: scale * sum of codes
    const std::int32_t* negative_sums = nullptr;    // [groups, n_in / 32, 8]: -1 * sum of codes
    const std::int32_t* negative_halves = nullptr;  // [groups, n_in / 16, 8]: the same of 16
};

/// Where the codes of one row go: the places of its first block; see Activations.
struct QuantisedRow {
    std::int8_t* codes;
    float* scales;
    float* scaled_sums;
    std::int32_t* negative_sums;
    std::int32_t* negative_halves;
};

/// Some tiles of a matrix.
struct TileRange {
    const std::byte* tiles = nullptr;  // of the whole matrix
    std::size_t tile_bytes = 0;
    std::size_t n_out = 0;  // rows of the matrix; the last tile may have fewer than 16
    std::size_t first = 0;  // tiles first <= t < end
    std::size_t end = 0;
};

/// out[row * stride + r] is the product of activation row `row` and matrix row r.
struct Product {
    float* out = nullptr;
    std::size_t stride = 0;
};

/// Gain and bias of a norm, or no bias.
struct Affine {
    const float* gain = nullptr;
    const float* bias = nullptr;
};

/// A page holds keys and values of 16 positions. Of one layer and head these are a tile of keys
/// [head_dim, 16 positions] and values [16 positions, padded head_dim], as numbers of the cache's
/// type. The kernels take two pages at a time, wherever they lie.
constexpr std::size_t page_tokens = 16;
constexpr std::size_t pages_a_call = 2;
constexpr std::size_t most_queries = 8;  // in one call

/// Of each of two pages; where there is no second one, the first once more.
using PagePair = std::array<const void*, pages_a_call>;

struct Scoring {
    PagePair keys;
    PagePair next;  // what will be read after them, as long
    std::size_t head_dim;
    std::size_t n_queries;        // 1 to 8
    const float* const* queries;  // [head_dim] each
    float* const* scores;         // [32] each
};

struct Mixing {
    PagePair values;
    PagePair next;                // what will be read after them, as long
    std::size_t padded_dim;       // a multiple of 16
    std::size_t n_keys;           // the first so many positions of the two pages, 1 to 32
    std::size_t n_rows;           // 1 to 8
    const float* const* weights;  // [n_keys] each
    float* const* out;            // [padded_dim] each
};

struct Kernels {
    const char* name;

    /// The product of all activation rows and the rows of the range's tiles. Sums of float formats
    /// run in two chains, even columns and odd ones; of integer formats over blocks, in order.
    using Multiply = void (*)(const TileRange& range, const Activations& rows,
                              const Product& product);
    std::array<Multiply, n_formats> multiply;

    /// Codes of `n` numbers of a row, n a multiple of 32: scale = largest / 127, code = nearest,
    /// and all 0 where the largest is at most 1e-36. Codes are in [-127, 127] whatever the numbers
    /// are.
    void (*quantise)(const float* values, std::size_t n, const QuantisedRow& out);

    /// out = (x - mean) / sqrt(variance + epsilon) * gain + bias.
    void (*layer_norm)(const float* x, std::size_t n, float epsilon, const Affine& affine,
                       float* out);
    /// out = x / sqrt(mean of squares + epsilon) * gain.
    void (*rms_norm)(const float* x, std::size_t n, float epsilon, const Affine& affine,
                     float* out);

    /// out += x.
    void (*add)(float* out, const float* x, std::size_t n);

    /// x = x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
    /// Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016, arXiv:1606.08415.
    void (*gelu)(float* x, std::size_t n);
    /// gate = gate / (1 + exp(-gate)) * up.
    /// Source: Shazeer, "GLU Variants Improve Transformer", 2020, arXiv:2002.05202, eq. 6.
    void (*swiglu)(float* gate, const float* up, std::size_t n);

    /// The nearest numbers in half precision, ties to even.
    void (*to_halves)(const float* x, std::size_t n, std::uint16_t* out);

    /// scores[i][j] = queries[i] . key of position j, for the 32 positions of two pages.
    using Score = void (*)(const Scoring& scoring);
    Score score_f16;
    Score score_f32;

    /// x[j] = exp(x[j] + slope * (j - (n - 1)) - largest), j < n; returns the sum. x has room for a
    /// multiple of 16 numbers, and what lies behind n is overwritten.
    float (*softmax)(float* x, std::size_t n, float slope);

    /// out[i][d] += sum over the positions, in order, of weights[i][position] *
    /// value[position][d].
    using Mix = void (*)(const Mixing& mixing);
    Mix mix_f16;
    Mix mix_f32;
};

/// The kernels of that name, or nullptr: unknown, or not for this processor.
const Kernels* find_kernels(std::string_view name);
const Kernels& best_kernels();
/// `name` as people may set it: "" is the best. Errors, naming those that can run: unavailable (not
/// on this processor), invalid_input (there is none of that name).
Result<const Kernels*> kernels_named(std::string_view name);

const Kernels& portable_kernels();
const Kernels& avx2_kernels();    // runs only on x86-64 with AVX2, FMA and F16C
const Kernels& avx512_kernels();  // runs only on x86-64 with AVX-512 F, BW, DQ, VL and VNNI

}  // namespace fabula::model::cpu
