// SPDX-License-Identifier: 0BSD
// The keys of a GGUF file that a model folder's config and tokenizer become, as llama.cpp's own
// converter writes them.
#pragma once

#include "model/gguf_output.h"
#include "model/hugging_face/model_config.h"
#include "model/hugging_face/tokenizer_file.h"

namespace fabula::model::hugging_face {

void set_config(GgufHeader& gguf, const ModelConfig& config);
void set_tokenizer(GgufHeader& gguf, const TokenizerFile& tokenizer);

}  // namespace fabula::model::hugging_face
