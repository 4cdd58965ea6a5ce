// SPDX-License-Identifier: 0BSD
#include "model/remote/prompt_ids.h"

#include <algorithm>

namespace fabula::model {
namespace {

// An id below `marks`: how many bytes, from 1 to 3, in bits 24 and 25, and the bytes below them.
constexpr std::size_t bytes_an_id = 3;
constexpr TokenId marks = TokenId{1} << 26;
constexpr TokenId system_mark = marks;           // the system line follows
constexpr TokenId instruction_mark = marks + 1;  // the instruction follows
constexpr TokenId text_mark = marks + 2;         // the text follows

void append(std::string_view text, std::vector<TokenId>& ids) {
    for (std::size_t at = 0; at < text.size(); at += bytes_an_id) {
        const auto bytes = text.substr(at, bytes_an_id);
        auto id = static_cast<std::uint32_t>(bytes.size()) << 24U;
        for (std::size_t i = 0; i < bytes.size(); ++i)
            id |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8U * i);
        ids.push_back(static_cast<TokenId>(id));
    }
}

Result<std::string> bytes_of(TokenId id) {
    const auto bits = static_cast<std::uint32_t>(id);
    const std::size_t n = bits >> 24U;
    const bool has_more = n < bytes_an_id && n > 0 && ((bits & 0xFFFFFFU) >> (8U * n)) != 0;
    if (id < 0 || n == 0 || n > bytes_an_id || has_more)
        return Error{ErrorCode::invalid_input,
                     "id " + std::to_string(id) + " belongs to no prompt of a remote model"};
    std::string bytes;
    for (std::size_t i = 0; i < n; ++i)
        bytes += static_cast<char>(static_cast<unsigned char>((bits >> (8U * i)) & 0xFFU));
    return bytes;
}

}  // namespace

std::size_t estimated_tokens(std::string_view text) {
    return (text.size() + bytes_an_id - 1) / bytes_an_id;
}

EncodedPrompt encode_prompt(const Prompt& prompt) {
    EncodedPrompt encoded;
    if (prompt.chat) {
        encoded.ids.push_back(system_mark);
        append(prompt.system, encoded.ids);
        encoded.ids.push_back(instruction_mark);
        append(prompt.instruction, encoded.ids);
        encoded.ids.push_back(text_mark);
    }
    encoded.frame_tokens = encoded.ids.size();
    encoded.block_tokens.reserve(prompt.blocks.size());
    for (const auto& block : prompt.blocks) {
        const std::size_t before = encoded.ids.size();
        append(block.text, encoded.ids);
        encoded.block_tokens.push_back(encoded.ids.size() - before);
    }
    return encoded;
}

Result<RemotePrompt> decode_prompt(std::span<const TokenId> ids) {
    RemotePrompt prompt;
    std::string* part = &prompt.text;
    for (const TokenId id : ids) {
        if (id == system_mark || id == instruction_mark || id == text_mark) {
            prompt.is_chat = true;
            part = id == system_mark        ? &prompt.system
                   : id == instruction_mark ? &prompt.instruction
                                            : &prompt.text;
            continue;
        }
        const auto bytes = bytes_of(id);
        if (!bytes) return bytes.error();
        *part += *bytes;
    }
    return prompt;
}

Result<std::vector<std::string>> spell_prompt(std::span<const TokenId> ids) {
    std::vector<std::string> pieces;
    pieces.reserve(ids.size());
    for (const TokenId id : ids) {
        if (id >= marks && id <= text_mark) {
            pieces.emplace_back();
            continue;
        }
        auto bytes = bytes_of(id);
        if (!bytes) return bytes.error();
        pieces.push_back(*std::move(bytes));
    }
    return pieces;
}

}  // namespace fabula::model
