// SPDX-License-Identifier: 0BSD
// For tests: rows of weights as GGUF files hold them, and what they mean in float64, read plainly
// off the definitions in ggml-quants.c (v0.5.0 of llama.cpp). Nothing here calls tiles.cpp or
// half.h, which are held against it.
#pragma once

#include "model/cpu/formats.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace fabula::model::cpu {

constexpr std::array<Format, n_formats> all_formats = {
    Format::f32,  Format::f16,  Format::bf16, Format::q8_0, Format::q4_0,
    Format::q5_0, Format::q5_1, Format::q4_k, Format::q5_k, Format::q6_k};

/// ggml's name, and its block: so many columns in so many bytes.
struct PlainType {
    const char* name;
    std::size_t columns;
    std::size_t bytes;
};
PlainType plain_type_of(Format format);

/// A half as a number, by its definition.
double plain_half(std::uint16_t half);

/// A weight, and the sum of the sizes of the terms that it is made of (scale * code + offset).
struct PlainWeight {
    double value = 0;
    double size = 0;
};

/// A row of the format; its weights.
std::vector<PlainWeight> plain_row(Format format, std::span<const std::byte> row, std::size_t n_in);

/// `n_rows` rows of random codes and scales, one behind the other; weights of about 1 / sqrt(n_in).
std::vector<std::byte> random_rows(Format format, std::size_t n_rows, std::size_t n_in,
                                   std::mt19937& random);

/// Numbers about 0 of that spread.
std::vector<float> random_numbers(std::size_t n, float spread, std::mt19937& random);

}  // namespace fabula::model::cpu
