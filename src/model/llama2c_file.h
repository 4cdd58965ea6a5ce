// SPDX-License-Identifier: 0BSD
// The two files of llama2.c as values: where each tensor of a checkpoint lies, and the vocabulary.
// Knows nothing of GGUF beyond the names of tensors. Foreign bytes: every size is held against the
// file's.
//
// Source: Karpathy, llama2.c, run.c (memory_map_weights, build_tokenizer) and export.py
// (legacy_export), version 0.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fabula::model {

struct Llama2cShape {
    std::uint64_t n_embd = 0;
    std::uint64_t n_hidden = 0;
    std::uint64_t n_layer = 0;
    std::uint64_t n_head = 0;
    std::uint64_t n_head_kv = 0;
    std::uint64_t n_vocab = 0;
    std::uint64_t window_tokens = 0;
    bool tied_head = true;

    std::uint64_t head_size() const { return n_embd / n_head; }
};

/// One tensor of float32, [n_rows, n_columns] row-major; a vector has one row.
struct Llama2cTensor {
    std::string name;                // as GGUF names it: "blk.0.attn_q.weight"
    std::uint64_t offset_bytes = 0;  // in the checkpoint
    std::uint64_t n_rows = 0;
    std::uint64_t n_columns = 0;
    bool is_vector = false;
};

struct Llama2cCheckpoint {
    Llama2cShape shape;
    std::vector<Llama2cTensor> tensors;  // in the order in which GGUF files list them
};

enum class TokenKind { normal, unknown, control, byte };

struct Llama2cToken {
    std::string text;  // as llama.cpp wants it: "▁" for a space, "<0x0A>" for a byte
    float score = 0;
    TokenKind kind = TokenKind::normal;
};

/// Reads the header and lays out the tensors. Errors: corrupt, naming the field and both figures.
Result<Llama2cCheckpoint> read_llama2c_checkpoint(std::span<const std::byte> bytes);

/// Reads a tokenizer of `n_vocab` tokens, of today's form (bytes as "<0x0A>") or the older one
/// (bytes as themselves). Errors: corrupt, naming the token.
Result<std::vector<Llama2cToken>> read_llama2c_tokenizer(std::span<const std::byte> bytes,
                                                         std::uint64_t n_vocab);

}  // namespace fabula::model
