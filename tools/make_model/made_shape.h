// SPDX-License-Identifier: 0BSD
// How large a made model is: the sizes of known models by name, or any others that the family can
// have.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fabula::make_model {

enum class Family { bloom, gpt2, llama };

/// "bloom", "gpt2", "llama": as general.architecture has it.
const char* name_of(Family family);
Result<Family> family_named(std::string_view name);

struct ModelShape {
    Family family = Family::llama;
    std::uint64_t n_layer = 0;
    std::uint64_t n_embd = 0;
    std::uint64_t n_head = 0;
    std::uint64_t n_head_kv = 0;  // as n_head but for llama
    std::uint64_t n_ff = 0;
    std::uint64_t n_vocab = 0;
    std::uint64_t window_tokens = 0;
    bool tied_head = true;  // the head is the embedding matrix
};

/// The shape of a known model: bloom-560m, gpt2-small, smollm-135m, tinyllama-1.1b; or "tiny",
/// which runs in milliseconds and whose rows hold whole K-quant blocks. Errors: invalid_input:
/// another name, a family that the model is not of, or "tiny" without a family.
Result<ModelShape> shape_named(std::string_view name, std::optional<Family> family);

/// "tiny, bloom-560m, ...": what shape_named knows.
std::string shape_names();

/// Errors: invalid_input, naming what is out of range and the range.
Result<Unit> check_shape(const ModelShape& shape);

}  // namespace fabula::make_model
