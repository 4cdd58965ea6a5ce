// SPDX-License-Identifier: 0BSD
// What a server says, as values: pieces of text, tokens with log-probabilities, why a text ended,
// what it cost. The bytes are anybody's: what is not understood is an error, never a guess.
#pragma once

#include "base/result.h"
#include "base/token.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

/// The languages that servers speak: OpenAI's completions and chat, Hugging Face's text generation
/// (TGI), Ollama's.
enum class RemoteApi { openai, openai_chat, huggingface, ollama };
/// "openai", "openai-chat", "huggingface", "ollama".
const char* name_of(RemoteApi api);
/// Errors: invalid_input, naming the known ones.
Result<RemoteApi> remote_api_named(std::string_view name);

/// A token as a server reports it.
struct SaidToken {
    std::string bytes;
    double logprob = 0;         // natural log
    std::optional<TokenId> id;  // where the server says
};

/// Why a server ended a text.
enum class SaidEnding {
    none,    // it goes on
    end,     // the model ended it, or a stop string did
    length,  // the most tokens were reached
    filter   // the server would not go on
};

/// What one frame, or a whole answer, says of one candidate.
struct SaidPiece {
    std::size_t index = 0;  // of the candidate in its request
    std::string text;       // goes on where the last piece ended
    std::vector<SaidToken> tokens;
    SaidEnding ending = SaidEnding::none;
};

/// Counts of a whole request, where the server tells.
struct SaidUsage {
    std::optional<std::size_t> prompt_tokens;
    std::optional<std::size_t> completion_tokens;
    std::optional<std::size_t> cached_tokens;  // of the prompt
    std::optional<double> money;               // OpenRouter tells
};

struct Said {
    std::vector<SaidPiece> pieces;
    SaidUsage usage;
    bool is_last = false;  // nothing more comes ("[DONE]", "done": true)
    std::string error;     // the server's own words; "" for none
};

constexpr std::size_t most_answer_bytes = std::size_t{8} << 20;  // of a whole answer
constexpr std::size_t most_said_candidates = 64;

/// Reads one frame of a stream. Errors: corrupt (no JSON, or not what this API says).
Result<Said> said_in_frame(RemoteApi api, std::string_view data);

/// Reads an answer that is not streamed. Errors: as said_in_frame.
Result<Said> said_in_answer(RemoteApi api, std::string_view body);

/// The words of an answer that is an error, whatever the API; "" where there are none.
std::string error_in(std::string_view body);

}  // namespace fabula::model
