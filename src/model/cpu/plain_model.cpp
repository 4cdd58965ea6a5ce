// SPDX-License-Identifier: 0BSD
#include "model/cpu/plain_model.h"

#include "model/cpu/plain_rows.h"
#include "model/cpu/tiles.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace fabula::model::cpu {
namespace {

// Makes weights in the order of Weights::matrices(), and what they mean.
class Maker {
public:
    Maker(const MadeShape& made, unsigned seed) : made_(made), random_(seed) {}

    Matrix matrix(std::size_t n_in, std::size_t n_out) {
        Matrix matrix;
        matrix.format = made_.formats[meanings.size() % made_.formats.size()];
        if (n_in % plain_type_of(matrix.format).columns != 0) matrix.format = Format::f32;
        matrix.n_in = n_in;
        matrix.n_out = n_out;
        matrix.tile_bytes = tile_bytes_of(matrix.format, n_in);
        matrix.tensor = meanings.size();
        const auto rows = random_rows(matrix.format, n_out, n_in, random_);
        const std::size_t row_bytes = row_bytes_of(matrix.format, n_in);
        std::vector<double> meaning;
        for (std::size_t r = 0; r < n_out; ++r) {
            for (const PlainWeight& weight :
                 plain_row(matrix.format, std::span(rows).subspan(r * row_bytes, row_bytes), n_in))
                meaning.push_back(weight.value);
        }
        meanings.push_back(std::move(meaning));
        const std::size_t at = tiles.size();
        tiles.resize(at + matrix.size_bytes());
        for (std::size_t r = 0; r < n_out; r += tile_rows) {
            pack_tile(matrix.format, rows.data() + r * row_bytes, std::min(tile_rows, n_out - r),
                      n_in, tiles.data() + at + r / tile_rows * matrix.tile_bytes);
        }
        return matrix;
    }
    Vector vector(std::size_t n, float middle, float spread) {
        Vector vector;
        vector.numbers = random_numbers(n, spread, random_);
        for (float& number : vector.numbers)
            number += middle;
        return vector;
    }
    Linear linear(std::size_t n_in, std::size_t n_out, bool has_bias) {
        Linear linear;
        linear.weight = matrix(n_in, n_out);
        if (has_bias) linear.bias = vector(n_out, 0, 0.1F);
        return linear;
    }
    Norm norm(std::size_t n, bool has_bias) {
        Norm norm;
        norm.gain = vector(n, 1, 0.3F);
        if (has_bias) norm.bias = vector(n, 0, 0.1F);
        return norm;
    }

    std::vector<std::vector<double>> meanings;
    std::vector<std::byte> tiles;

private:
    const MadeShape& made_;
    std::mt19937 random_;
};

Layer make_layer(Maker& maker, const MadeShape& made) {
    const Shape& shape = made.shape;
    const bool is_llama = shape.family == Family::llama;
    const bool has_bias = !is_llama || made.has_biases;
    Layer layer;
    layer.attn_norm = maker.norm(shape.n_embd, !is_llama);
    if (is_llama) {
        for (const std::size_t width : {shape.q_width(), shape.kv_width(), shape.kv_width()})
            layer.qkv.push_back(maker.linear(shape.n_embd, width, has_bias));
    } else {
        layer.qkv.push_back(
            maker.linear(shape.n_embd, shape.q_width() + 2 * shape.kv_width(), true));
    }
    layer.attn_output = maker.linear(shape.q_width(), shape.n_embd, has_bias);
    layer.ffn_norm = maker.norm(shape.n_embd, !is_llama);
    for (int i = 0; i < (is_llama ? 2 : 1); ++i)
        layer.up.push_back(maker.linear(shape.n_embd, shape.n_ff, has_bias));
    layer.down = maker.linear(shape.n_ff, shape.n_embd, has_bias);
    return layer;
}

Weights make(Maker& maker, const MadeShape& made) {
    const Shape& shape = made.shape;
    Weights weights;
    weights.shape = shape;
    weights.token_embd = maker.matrix(shape.n_embd, shape.n_vocab);
    if (shape.family == Family::bloom) weights.embd_norm = maker.norm(shape.n_embd, true);
    if (shape.family == Family::gpt2)
        weights.position_embd = maker.matrix(shape.n_embd, shape.window_tokens);
    for (std::size_t i = 0; i < shape.n_layer; ++i)
        weights.layers.push_back(make_layer(maker, made));
    weights.output_norm = maker.norm(shape.n_embd, shape.family != Family::llama);
    weights.is_tied = made.is_tied;
    if (!made.is_tied) weights.output = maker.matrix(shape.n_embd, shape.n_vocab);
    if (made.has_rope_factors) weights.rope_factors = maker.vector(shape.rope_dims / 2, 2, 0.3F);
    weights.arena = *Arena::make(maker.tiles.size());
    std::memcpy(weights.arena.data(), maker.tiles.data(), maker.tiles.size());
    std::size_t at = 0;
    for (Matrix* const matrix : weights.matrices()) {
        matrix->tiles = weights.arena.data() + at;
        at += matrix->size_bytes();
    }
    if (made.is_tied) weights.output = weights.token_embd;
    return weights;
}

double slope_of(std::size_t head, std::size_t n_head) {
    std::size_t whole = 1;
    while (2 * whole <= n_head)
        whole *= 2;
    const auto n = static_cast<double>(whole);
    if (head < whole) return std::pow(2, -8.0 * static_cast<double>(head + 1) / n);
    return std::pow(2, -4.0 * static_cast<double>(2 * (head - whole) + 1) / n);
}

double gelu(double x) {
    return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

void add(std::vector<double>& out, const std::vector<double>& x) {
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] += x[i];
}

}  // namespace

MadeShape small_shape(Family family) {
    MadeShape made;
    made.shape = {.family = family,
                  .n_layer = 2,
                  .n_embd = 64,
                  .n_head = 4,
                  .n_head_kv = 4,
                  .head_dim = 16,
                  .n_ff = 96,
                  .n_vocab = 70,
                  .window_tokens = 400,
                  .epsilon = 1e-5F};
    if (family == Family::llama) {
        made.shape.rope_dims = made.shape.head_dim;
        made.shape.rope_base = 10000;
    }
    return made;
}

Weights make_weights(const MadeShape& made, unsigned seed) {
    Maker maker(made, seed);
    return make(maker, made);
}

PlainModel::PlainModel(const MadeShape& made, unsigned seed) {
    Maker maker(made, seed);
    weights_ = make(maker, made);
    matrices_ = std::move(maker.meanings);
}

PlainModel::Row PlainModel::product(const Matrix& matrix, const Row& x) const {
    const Row& weights = matrices_[matrix.tensor];
    Row out(matrix.n_out);
    for (std::size_t o = 0; o < matrix.n_out; ++o) {
        for (std::size_t i = 0; i < matrix.n_in; ++i)
            out[o] += weights[o * matrix.n_in + i] * x[i];
    }
    return out;
}

PlainModel::Row PlainModel::product(const Linear& linear, const Row& x) const {
    Row out = product(linear.weight, x);
    for (std::size_t o = 0; linear.bias.is_there() && o < out.size(); ++o)
        out[o] += static_cast<double>(linear.bias.numbers[o]);
    return out;
}

PlainModel::Row PlainModel::norm(const Norm& norm, Row x) const {
    const auto n = static_cast<double>(x.size());
    double mean = 0;
    double variance = 0;
    for (std::size_t i = 0; weights_.shape.family != Family::llama && i < x.size(); ++i)
        mean += x[i] / n;
    for (double& number : x) {
        number -= mean;
        variance += number * number / n;
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] *= static_cast<double>(norm.gain.numbers[i]) /
                std::sqrt(variance + static_cast<double>(weights_.shape.epsilon));
        if (norm.bias.is_there()) x[i] += static_cast<double>(norm.bias.numbers[i]);
    }
    return x;
}

PlainModel::Row PlainModel::embedding(TokenId token, std::size_t position) const {
    const std::size_t n = weights_.shape.n_embd;
    const auto row = [&](const Matrix& matrix, std::size_t index) {
        const auto first =
            matrices_[matrix.tensor].begin() + static_cast<std::ptrdiff_t>(index * n);
        return Row(first, first + static_cast<std::ptrdiff_t>(n));
    };
    Row x = row(weights_.token_embd, static_cast<std::size_t>(token));
    if (weights_.shape.family == Family::gpt2) add(x, row(weights_.position_embd, position));
    if (weights_.shape.family == Family::bloom) x = norm(weights_.embd_norm, std::move(x));
    return x;
}

void PlainModel::rotate(double* head, std::size_t position) const {
    const Shape& shape = weights_.shape;
    const auto n = static_cast<double>(shape.rope_dims);
    for (std::size_t d = 0; d < shape.rope_dims; d += 2) {
        double angle = static_cast<double>(position) / static_cast<double>(shape.rope_scale) *
                       std::pow(static_cast<double>(shape.rope_base), -static_cast<double>(d) / n);
        if (weights_.rope_factors.is_there())
            angle /= static_cast<double>(weights_.rope_factors.numbers[d / 2]);
        const double first = head[d];
        const double second = head[d + 1];
        head[d] = first * std::cos(angle) - second * std::sin(angle);
        head[d + 1] = first * std::sin(angle) + second * std::cos(angle);
    }
}

PlainModel::Row PlainModel::qkv(const Layer& layer, const Row& x, std::size_t position) const {
    const Row normed = norm(layer.attn_norm, x);
    Row all;
    for (const Linear& linear : layer.qkv) {
        const Row part = product(linear, normed);
        all.insert(all.end(), part.begin(), part.end());
    }
    for (std::size_t head = 0; head < weights_.shape.n_head + weights_.shape.n_head_kv; ++head)
        rotate(all.data() + head * weights_.shape.head_dim, position);
    return all;
}

PlainModel::Row PlainModel::attention(const Rows& qkv, std::size_t position) const {
    const Shape& shape = weights_.shape;
    const std::size_t n = shape.head_dim;
    Row out(shape.q_width());
    for (std::size_t head = 0; head < shape.n_head; ++head) {
        const std::size_t key_at = shape.q_width() + head / (shape.n_head / shape.n_head_kv) * n;
        const std::size_t value_at = key_at + shape.kv_width();
        const double slope = shape.family == Family::bloom ? slope_of(head, shape.n_head) : 0;
        Row scores(position + 1);
        for (std::size_t j = 0; j <= position; ++j) {
            for (std::size_t d = 0; d < n; ++d)
                scores[j] += qkv[position][head * n + d] * qkv[j][key_at + d] /
                             std::sqrt(static_cast<double>(n));
            scores[j] -= slope * static_cast<double>(position - j);
        }
        const double most = *std::ranges::max_element(scores);
        double sum = 0;
        for (double& score : scores)
            sum += score = std::exp(score - most);
        for (std::size_t j = 0; j <= position; ++j) {
            for (std::size_t d = 0; d < n; ++d)
                out[head * n + d] += scores[j] / sum * qkv[j][value_at + d];
        }
    }
    return out;
}

PlainModel::Row PlainModel::feed_forward(const Layer& layer, const Row& x) const {
    const Row normed = norm(layer.ffn_norm, x);
    Row hidden = product(layer.up.front(), normed);
    if (layer.up.size() == 2) {
        const Row up = product(layer.up[1], normed);
        for (std::size_t i = 0; i < hidden.size(); ++i)
            hidden[i] = hidden[i] / (1 + std::exp(-hidden[i])) * up[i];
    } else {
        std::ranges::transform(hidden, hidden.begin(), gelu);
    }
    return product(layer.down, hidden);
}

std::vector<std::vector<double>> PlainModel::logits(std::span<const TokenId> tokens) const {
    Rows stream;
    for (std::size_t i = 0; i < tokens.size(); ++i)
        stream.push_back(embedding(tokens[i], i));
    for (const Layer& layer : weights_.layers) {
        Rows all;
        for (std::size_t i = 0; i < stream.size(); ++i)
            all.push_back(qkv(layer, stream[i], i));
        for (std::size_t i = 0; i < stream.size(); ++i) {
            add(stream[i], product(layer.attn_output, attention(all, i)));
            add(stream[i], feed_forward(layer, stream[i]));
        }
    }
    Rows found;
    for (const Row& row : stream)
        found.push_back(product(weights_.output, norm(weights_.output_norm, row)));
    return found;
}

}  // namespace fabula::model::cpu
