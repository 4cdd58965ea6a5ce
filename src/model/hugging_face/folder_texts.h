// SPDX-License-Identifier: 0BSD
// The JSON files of a model folder, from values: what model_config.h and tokenizer_file.h read.
#pragma once

#include "model/hugging_face/json_value.h"
#include "model/hugging_face/model_config.h"
#include "model/hugging_face/tokenizer_file.h"

#include <string>

namespace fabula::model::hugging_face {

/// config.json. `dtype`: "float32", "float16", "bfloat16".
JsonValue config_json(const ModelConfig& config, const TokenizerFile& tokenizer,
                      const std::string& dtype);

/// tokenizer.json.
JsonValue tokenizer_json(const TokenizerFile& tokenizer);

/// tokenizer_config.json.
JsonValue tokenizer_config_json(const TokenizerFile& tokenizer, const ModelConfig& config);

}  // namespace fabula::model::hugging_face
