// SPDX-License-Identifier: 0BSD
// The keys of a GGUF file that a model folder's config and tokenizer become, as llama.cpp's own
// converter writes them.
#pragma once

#include "model/gguf_output.h"
#include "model/hugging_face/model_config.h"
#include "model/hugging_face/tokenizer_file.h"

#include <array>
#include <utility>

namespace fabula::model::hugging_face {

/// Of each special token its name in a folder and in tokenizer.ggml.NAME_token_id ("seperator" is
/// spelt so there).
constexpr std::array<std::pair<const char*, const char*>, 7> special_token_names = {
    {{"bos", "bos"},
     {"eos", "eos"},
     {"unk", "unknown"},
     {"sep", "seperator"},
     {"pad", "padding"},
     {"cls", "cls"},
     {"mask", "mask"}}};

void set_config(GgufHeader& gguf, const ModelConfig& config);
void set_tokenizer(GgufHeader& gguf, const TokenizerFile& tokenizer);

}  // namespace fabula::model::hugging_face
