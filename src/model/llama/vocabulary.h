// SPDX-License-Identifier: 0BSD
// Text to tokens and back, by the vocabulary of a loaded model. What a person typed is text, even
// when it looks like a control token.
#pragma once

#include "base/result.h"
#include "base/token.h"
#include "model/model.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct llama_vocab;

namespace fabula::model {

class Vocabulary {
public:
    /// `vocabulary` must outlive this.
    Vocabulary(const llama_vocab* vocabulary, std::string model_name);

    std::size_t size() const;

    /// As Model::encode, piece and is_end.
    Result<std::vector<TokenId>> encode(std::string_view text, Place place) const;
    std::string piece(TokenId token) const;
    bool is_end(TokenId token) const;

private:
    enum class Control { as_text, as_tokens };

    Result<std::vector<TokenId>> tokens_of(std::string_view text, Control control) const;
    Result<std::vector<TokenId>> tokens_inside(std::string_view text) const;
    bool spells(const std::vector<TokenId>& tokens, std::string_view text) const;

    const llama_vocab* vocabulary_;
    std::string model_name_;
    bool adds_space_ = false;       // in front of a text, as sentencepiece does
    std::optional<TokenId> start_;  // BOS, where the model wants it
};

}  // namespace fabula::model
