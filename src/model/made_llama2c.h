// SPDX-License-Identifier: 0BSD
// A small llama2.c model made from a seed: random weights, a vocabulary of bytes, letters and a few
// pairs. It writes nonsense, but it is a whole model: tests and demonstrations of import need no
// download.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fabula::model {

enum class BytesForm { named, raw };  // "<0x0A>", or as the older dumps: the byte itself

struct MadeShape {
    std::int32_t n_embd = 32;
    std::int32_t n_hidden = 64;
    std::int32_t n_layer = 2;
    std::int32_t n_head = 4;
    std::int32_t n_head_kv = 2;
    std::int32_t n_vocab = 300;  // 259 to 345
    std::int32_t window_tokens = 64;
    bool tied_head = true;
    BytesForm bytes = BytesForm::named;
};

struct MadeLlama2c {
    std::vector<std::byte> checkpoint;
    std::vector<std::byte> tokenizer;
};

/// The same shape and seed give the same bytes. Requires a shape that llama2.c could have.
MadeLlama2c make_llama2c(const MadeShape& shape, std::uint64_t seed);

}  // namespace fabula::model
