// SPDX-License-Identifier: 0BSD
// How a byte-level tokenizer splits text before it merges: the pre-tokenizers of tokenizer.json
// that llama.cpp is known to follow, and its names for them (tokenizer.ggml.pre).
#pragma once

#include "base/result.h"
#include "model/hugging_face/json_value.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fabula::model::hugging_face {

struct TextSplit {
    std::string_view name;         // tokenizer.ggml.pre
    std::string_view description;  // of the pre-tokenizer, see describe
    /// Whether llama.cpp takes a word that is a token whole, whatever the merges say.
    bool ignores_merges = false;
};

/// The split of this pre-tokenizer. Errors: invalid_input, naming what it is.
Result<TextSplit> text_split_of(const JsonValue* pre_tokenizer);
/// Errors: invalid_input for a name that is none of ours.
Result<TextSplit> text_split_named(std::string_view name);

/// The pre-tokenizer as tokenizer.json writes it: the inverse of text_split_of.
JsonValue pre_tokenizer_of(const TextSplit& split);

/// What a pre-tokenizer does, on one line: "Digits one by one + ByteLevel".
std::string describe(const JsonValue& pre_tokenizer);

/// The character that stands for a byte in byte-level tokens, as UTF-8.
/// Source: Radford et al., GPT-2, encoder.py (bytes_to_unicode).
std::string byte_character(std::uint8_t byte);

}  // namespace fabula::model::hugging_face
