// SPDX-License-Identifier: 0BSD
// What the decoder knows of a model: its sizes and its weights, for the families BLOOM, GPT-2 and
// Llama. Made in two steps: `plan_weights` reads them off a file's header, where everything is
// checked, and `read_weights` brings the numbers.
#pragma once

#include "base/result.h"
#include "model/cpu/arena.h"
#include "model/cpu/formats.h"
#include "model/cpu/pool.h"
#include "model/gguf_file.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace fabula::model::cpu {

enum class Family { bloom, gpt2, llama };

struct Shape {
    Family family = Family::llama;
    std::size_t n_layer = 0;
    std::size_t n_embd = 0;
    std::size_t n_head = 0;
    std::size_t n_head_kv = 0;  // divides n_head
    std::size_t head_dim = 0;
    std::size_t n_ff = 0;
    std::size_t n_vocab = 0;
    std::size_t window_tokens = 0;  // that it was trained for
    float epsilon = 0;              // of the norms
    std::size_t rope_dims = 0;      // llama: of each head, even
    float rope_base = 0;
    float rope_scale = 1;  // positions are divided by it

    std::size_t q_width() const { return n_head * head_dim; }
    std::size_t kv_width() const { return n_head_kv * head_dim; }
};

/// A matrix [n_out, n_in] as tiles.
struct Matrix {
    Format format = Format::f32;
    std::size_t n_in = 0;
    std::size_t n_out = 0;
    std::size_t tile_bytes = 0;
    const std::byte* tiles = nullptr;
    std::size_t tensor = 0;       // its number in the file
    bool is_requantised = false;  // of a type that became Q8_0 here

    std::size_t n_tiles() const { return (n_out + tile_rows - 1) / tile_rows; }
    std::size_t size_bytes() const { return n_tiles() * tile_bytes; }
};

/// Numbers of a vector; empty where the model has none.
struct Vector {
    std::vector<float> numbers;
    std::size_t tensor = 0;

    bool is_there() const { return !numbers.empty(); }
    const float* data() const { return numbers.empty() ? nullptr : numbers.data(); }
};

struct Linear {
    Matrix weight;
    Vector bias;
};

struct Norm {
    Vector gain;
    Vector bias;
};

struct Layer {
    Norm attn_norm;
    std::vector<Linear> qkv;  // one that makes [q | k | v], or three
    Linear attn_output;
    Norm ffn_norm;
    std::vector<Linear> up;  // up, or gate and up
    Linear down;
};

struct Weights {
    Shape shape;
    Matrix token_embd;
    Norm embd_norm;        // bloom
    Matrix position_embd;  // gpt2
    std::vector<Layer> layers;
    Norm output_norm;
    Matrix output;  // shares its tiles with token_embd where the head is tied
    bool is_tied = false;
    Vector rope_factors;  // llama, rope_dims / 2: frequencies are divided by them
    Arena arena;

    /// Every matrix with tiles of its own, every vector, in the order of the file.
    std::vector<Matrix*> matrices();
    std::vector<Vector*> vectors();
    /// Bytes of the tiles.
    std::size_t size_bytes();
};

/// What the decoder would load of this file; nothing is read but the header. Errors: invalid_input
/// when another backend is needed (the message is the reason: an architecture, a tensor or a
/// setting that is not known here); corrupt when shapes do not fit together.
Result<Weights> plan_weights(const GgufFile& file);

/// Rows of ggml type `type` as numbers; for types without a format of ours.
using Dequantise = bool (*)(const std::string& type, std::span<const std::byte> rows,
                            std::span<float> numbers);

struct ReadOptions {
    Pool* pool = nullptr;
    Dequantise dequantise = nullptr;
    std::function<bool(float)> on_progress = {};  // share read in [0, 1]; false stops
};

/// Reads what was planned, at most a few megabytes at a time. Errors: corrupt (the file is shorter
/// than it was, a vector has numbers that are none), exhausted (memory), unavailable (stopped, or
/// the file cannot be read).
Result<Unit> read_weights(const std::string& path, const GgufFile& file, Weights& weights,
                          const ReadOptions& options);

}  // namespace fabula::model::cpu
