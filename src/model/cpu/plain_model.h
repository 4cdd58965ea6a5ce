// SPDX-License-Identifier: 0BSD
// For tests: small models of random weights, made in memory, and the plainest forward pass over the
// same weights in float64, position by position as the papers write it (see decoder.h).
#pragma once

#include "base/token.h"
#include "model/cpu/weights.h"

#include <span>
#include <vector>

namespace fabula::model::cpu {

/// What is to be made. Matrices take `formats` in turn; one whose blocks do not fit a matrix's
/// width gives way to f32.
struct MadeShape {
    Shape shape;
    std::vector<Format> formats = {Format::f32};
    bool is_tied = false;
    bool has_rope_factors = false;
    bool has_biases = true;  // llama: the others always have them
};

/// Two layers of 64, four heads, 70 words, a window of 400 tokens.
MadeShape small_shape(Family family);

/// The same weights for the same shape and seed.
Weights make_weights(const MadeShape& made, unsigned seed);

class PlainModel {
public:
    PlainModel(const MadeShape& made, unsigned seed);

    /// The logits behind each position: [n_tokens][n_vocab].
    std::vector<std::vector<double>> logits(std::span<const TokenId> tokens) const;

private:
    using Row = std::vector<double>;
    using Rows = std::vector<Row>;

    Row product(const Matrix& matrix, const Row& x) const;
    Row product(const Linear& linear, const Row& x) const;
    Row norm(const Norm& norm, Row x) const;
    Row embedding(TokenId token, std::size_t position) const;
    Row qkv(const Layer& layer, const Row& x, std::size_t position) const;
    void rotate(double* head, std::size_t position) const;
    Row attention(const Rows& qkv, std::size_t position) const;
    Row feed_forward(const Layer& layer, const Row& x) const;

    Weights weights_;
    std::vector<Row> matrices_;  // row-major, by Matrix::tensor
};

}  // namespace fabula::model::cpu
