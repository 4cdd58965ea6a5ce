// SPDX-License-Identifier: 0BSD
// The tokenizer of a model folder as GGUF keeps it: the tokens with their kinds, merges or scores,
// which tokens begin and end a text, and the name by which llama.cpp knows how text is split before
// it is merged. A tokenizer that llama.cpp would not follow token by token is refused by the name
// of what it has.
#pragma once

#include "base/result.h"
#include "model/hugging_face/json_value.h"
#include "model/hugging_face/model_config.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fabula::model::hugging_face {

/// llama.cpp's llama_token_type.
enum class TokenType : std::int32_t {
    normal = 1,
    unknown = 2,
    control = 3,
    user_defined = 4,
    unused = 5,
    byte = 6
};

struct TokenizerToken {
    std::string text;
    TokenType type = TokenType::unused;
    float score = 0;  // sentencepiece only
};

struct TokenizerFile {
    enum class Kind { byte_level, sentencepiece };
    Kind kind = Kind::byte_level;
    std::string split;                   // tokenizer.ggml.pre: "gpt-2", "bloom", "llama-bpe", ...
    std::vector<TokenizerToken> tokens;  // by id, as many as the model has rows of embeddings
    std::vector<std::string> merges;     // "a b", byte_level only
    std::map<std::string, std::uint64_t> special_ids;  // "bos", "eos", "unk", "pad", ...
    bool adds_bos = false;
    bool adds_eos = false;
    bool adds_space_prefix = false;  // sentencepiece only
    std::string chat_template;
};

/// What tokenizer.json says; the special tokens are not looked for. Errors: invalid_input: what is
/// not carried over, by name; corrupt: damage.
Result<TokenizerFile> tokenizer_of(const JsonValue& json, std::uint64_t n_vocab);

/// The tokenizer of `folder`: tokenizer.json, or for GPT-2 vocab.json and merges.txt; with
/// tokenizer_config.json where it is there. Errors: as above and as read_json_file.
Result<TokenizerFile> read_tokenizer(const std::string& folder, const ModelConfig& config);

}  // namespace fabula::model::hugging_face
