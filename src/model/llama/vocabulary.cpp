// SPDX-License-Identifier: 0BSD
#include "model/llama/vocabulary.h"

#include <llama.h>

#include <algorithm>
#include <array>
#include <exception>
#include <limits>
#include <utility>

namespace fabula::model {

Vocabulary::Vocabulary(const llama_vocab* vocabulary, std::string model_name)
    : vocabulary_(vocabulary), model_name_(std::move(model_name)) {
    const TokenId bos = llama_vocab_bos(vocabulary_);
    if (llama_vocab_get_add_bos(vocabulary_) && bos != LLAMA_TOKEN_NULL) start_ = bos;
    const auto marked = tokens_of("a", Control::as_text);
    adds_space_ = marked && !marked->empty() && piece(marked->front()).starts_with(' ');
}

std::size_t Vocabulary::size() const {
    return static_cast<std::size_t>(llama_vocab_n_tokens(vocabulary_));
}

Result<std::vector<TokenId>> Vocabulary::encode(std::string_view text, Place place) const {
    const bool inside = place == Place::inside;
    auto tokens =
        inside ? tokens_inside(text)
               : tokens_of(text, place == Place::markup ? Control::as_tokens : Control::as_text);
    if (!tokens) return tokens;
    if (place != Place::markup && !spells(*tokens, text)) {
        return Error{ErrorCode::invalid_input,
                     "model '" + model_name_ + "': its vocabulary cannot spell the whole text"};
    }
    if (!inside && start_) tokens->insert(tokens->begin(), *start_);
    return tokens;
}

Result<std::vector<TokenId>> Vocabulary::tokens_of(std::string_view text, Control control) const {
    constexpr std::size_t longest = std::numeric_limits<std::int32_t>::max() / 2;
    if (text.size() > longest) {
        return Error{ErrorCode::invalid_input, "a text of " + std::to_string(text.size()) +
                                                   " bytes is longer than any model reads"};
    }
    // A token stands for a byte at least, but for one that stands in front of the text.
    std::vector<TokenId> tokens(text.size() + 8);
    const auto fill = [&] {
        return llama_tokenize(vocabulary_, text.data(), static_cast<std::int32_t>(text.size()),
                              tokens.data(), static_cast<std::int32_t>(tokens.size()),
                              /*add_special=*/false, control == Control::as_tokens);
    };
    try {
        std::int32_t n = fill();
        if (n < 0 && n > std::numeric_limits<std::int32_t>::min()) {
            tokens.resize(static_cast<std::size_t>(-n));
            n = fill();
        }
        if (n >= 0) {
            tokens.resize(static_cast<std::size_t>(n));
            return tokens;
        }
    } catch (const std::exception&) {  // a byte that the vocabulary does not have
    }
    return Error{ErrorCode::invalid_input,
                 "model '" + model_name_ + "': its vocabulary cannot spell the text"};
}

/// A tokenizer that puts a space in front of a text is given a guard to put it in front of; the
/// guard's own tokens are cut off again. A guard that melts into the text is no guard, then the
/// next is tried.
Result<std::vector<TokenId>> Vocabulary::tokens_inside(std::string_view text) const {
    if (!adds_space_ || text.empty()) return tokens_of(text, Control::as_text);
    constexpr std::array<std::string_view, 3> guards = {"\n", "\x01", "\x02"};
    for (const std::string_view guard : guards) {
        const auto alone = tokens_of(guard, Control::as_text);
        auto both = tokens_of(std::string(guard) + std::string(text), Control::as_text);
        if (!alone || !both || both->size() < alone->size()) continue;
        if (!std::equal(alone->begin(), alone->end(), both->begin())) continue;
        both->erase(both->begin(), both->begin() + static_cast<std::ptrdiff_t>(alone->size()));
        if (spells(*both, text)) return both;
    }
    return Error{ErrorCode::invalid_input,
                 "model '" + model_name_ + "': its vocabulary cannot spell the text"};
}

/// Whether the tokens say the text, but for one space in front.
bool Vocabulary::spells(const std::vector<TokenId>& tokens, std::string_view text) const {
    std::string spelt;
    for (const TokenId token : tokens)
        spelt += piece(token);
    if (spelt == text) return true;
    return adds_space_ && spelt.size() == text.size() + 1 && spelt.front() == ' ' &&
           spelt.ends_with(text);
}

std::string Vocabulary::piece(TokenId token) const {
    std::array<char, 64> small{};
    const std::int32_t n = llama_token_to_piece(vocabulary_, token, small.data(),
                                                static_cast<std::int32_t>(small.size()),
                                                /*lstrip=*/0, /*special=*/false);
    if (n >= 0) return {small.data(), static_cast<std::size_t>(n)};
    std::string large(static_cast<std::size_t>(-n), '\0');
    llama_token_to_piece(vocabulary_, token, large.data(), -n, /*lstrip=*/0, /*special=*/false);
    return large;
}

bool Vocabulary::is_end(TokenId token) const {
    return llama_vocab_is_eog(vocabulary_, token);
}

}  // namespace fabula::model
