// SPDX-License-Identifier: 0BSD
// What a GGUF file says of its model and tokenizer, in the terms of a model folder: the inverse of
// gguf_keys.h.
#pragma once

#include "base/result.h"
#include "model/gguf_file.h"
#include "model/hugging_face/model_config.h"
#include "model/hugging_face/tokenizer_file.h"

#include <string>
#include <vector>

namespace fabula::model::hugging_face {

/// The config of the model that `file` holds. Errors: invalid_input: another architecture, or what
/// config.json would not say, by name; corrupt: numbers that are missing or at odds.
Result<ModelConfig> config_of_gguf(const GgufFile& file);

/// llama3's scaling where these are its factors, with the numbers that Llama's models have.
/// Errors: invalid_input where they are other ones.
Result<RopeScaling> scaling_of_factors(const ModelConfig& config,
                                       const std::vector<float>& factors);

/// The tokenizer of the GGUF file at `path`, which inspect_gguf and check_runnable have passed.
/// Errors: invalid_input: a kind or a split that is not known, by name; corrupt.
Result<TokenizerFile> tokenizer_of_gguf(const std::string& path);

}  // namespace fabula::model::hugging_face
