// SPDX-License-Identifier: 0BSD
// A prompt of a remote model as ids. The server's own tokens are not known before it has answered,
// so the ids of a prompt are its text, three bytes an id, with marks for the frame of a chat. They
// mean something to remote generators alone, which get the prompt back from them.
#pragma once

#include "base/result.h"
#include "model/generator.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

/// What a server is shown.
struct RemotePrompt {
    bool is_chat = false;
    std::string system;
    std::string instruction;
    std::string text;
};

struct EncodedPrompt {
    std::vector<TokenId> ids;
    std::size_t frame_tokens = 0;
    std::vector<std::size_t> block_tokens;
};

/// How many tokens a text may take: one for each three bytes. Of English prose about a quarter too
/// many, so that a prompt that is planned to fit does.
std::size_t estimated_tokens(std::string_view text);

EncodedPrompt encode_prompt(const Prompt& prompt);

/// Errors: invalid_input, for ids that no prompt has.
Result<RemotePrompt> decode_prompt(std::span<const TokenId> ids);

/// The bytes of each id, "" for marks. Errors: as decode_prompt.
Result<std::vector<std::string>> spell_prompt(std::span<const TokenId> ids);

}  // namespace fabula::model
