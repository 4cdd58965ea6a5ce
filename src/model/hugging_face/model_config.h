// SPDX-License-Identifier: 0BSD
// What config.json says of a model of the GPT-2, BLOOM and Llama families, as the numbers that the
// arithmetic needs. What would change the arithmetic and is not carried over is refused by its
// name; what only concerns training or other programs is not read.
#pragma once

#include "base/result.h"
#include "model/hugging_face/json_value.h"

#include <cstdint>
#include <map>
#include <string>

namespace fabula::model::hugging_face {

enum class Family { gpt2, bloom, llama };

/// "gpt2", "bloom", "llama": general.architecture.
const char* name_of(Family family);

/// How the rotation is stretched for longer windows than the model was first trained with.
struct RopeScaling {
    enum class Kind { none, linear, llama3 };
    Kind kind = Kind::none;
    double factor = 1;
    double low_frequency_factor = 1;  // llama3 only, as the next two
    double high_frequency_factor = 4;
    std::uint64_t original_window_tokens = 8192;
};

struct ModelConfig {
    Family family = Family::llama;
    std::uint64_t n_layer = 0;
    std::uint64_t n_embd = 0;
    std::uint64_t n_head = 0;
    std::uint64_t n_head_kv = 0;
    std::uint64_t head_size = 0;
    bool names_head_size = false;  // head_dim is in the file
    std::uint64_t n_ff = 0;
    std::uint64_t n_vocab = 0;
    std::uint64_t window_tokens = 0;
    double epsilon = 1e-5;
    double rope_base = 10000;
    RopeScaling rope_scaling;
    bool is_tied = true;  // the head is the embeddings
    /// Of Llama models; the tensors of a folder decide, not these.
    bool has_attention_bias = false;
    bool has_mlp_bias = false;
    /// "bos", "eos", "unk", "sep", "pad", "cls", "mask" to what BOS_token_id says, where it is one
    /// number.
    std::map<std::string, std::uint64_t> special_ids;
};

/// Errors: invalid_input: another architecture, or a setting that is not carried over, by name;
/// corrupt: a number that is missing, out of range or at odds with another.
Result<ModelConfig> model_config_of(const JsonValue& json);

/// Reads `folder`/config.json. Errors: as above and as read_json_file.
Result<ModelConfig> read_model_config(const std::string& folder);

}  // namespace fabula::model::hugging_face
