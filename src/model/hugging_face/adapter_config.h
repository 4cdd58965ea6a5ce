// SPDX-License-Identifier: 0BSD
// What adapter_config.json of PEFT says of a LoRA adapter. What GGUF adapters cannot say is refused
// by its name.
#pragma once

#include "base/result.h"
#include "model/hugging_face/json_value.h"

#include <cstdint>
#include <string>

namespace fabula::model::hugging_face {

struct AdapterConfig {
    std::uint64_t rank = 0;
    double alpha = 0;                 // lora_alpha
    bool is_rank_stabilised = false;  // use_rslora: alpha / sqrt(rank) instead of alpha / rank
    bool has_other_ranks = false;     // rank_pattern: some modules have a rank of their own
    std::string base;                 // base_model_name_or_path
};

/// Errors: invalid_input (another kind of adapter, or what is not carried over, by name), corrupt.
Result<AdapterConfig> adapter_config_of(const JsonValue& json);

/// What llama.cpp divides by the rank of a tensor to scale its product: adapter.lora.alpha.
double foreign_alpha(const AdapterConfig& config);

}  // namespace fabula::model::hugging_face
