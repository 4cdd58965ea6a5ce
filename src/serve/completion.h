// SPDX-License-Identifier: 0BSD
// What programs that speak OpenAI's language ask for and get, as values; the JSON is in
// completion_json.cpp.
#pragma once

#include "base/result.h"
#include "model/generator.h"
#include "sample/settings.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::serve {

struct AskedCompletion {
    bool is_chat = false;  // what shape the answer has
    model::Prompt prompt;
    std::string model;  // "": whatever writes here
    std::size_t n = 1;
    std::optional<std::uint64_t> seed;
    sample::Settings settings;
    bool is_stream = false;
    bool has_usage = false;  // a last chunk with the counts
    /// Log-probabilities of the tokens, with so many of the likeliest beside each.
    std::optional<std::size_t> logprobs;
};

/// Reads the body of /v1/completions. Fields of ours by their names count, too; fields that nobody
/// here knows are refused by name, but those that change nothing in the text (user, metadata).
/// Errors: invalid_input.
Result<AskedCompletion> asked_completion(std::string_view json);

/// The same of /v1/chat/completions. With a chat template (`has_template`) the system's messages
/// become the system line and the others the instruction; a last one of the assistant is gone on
/// with. Without one the messages are joined by blank lines, and gone on with.
Result<AskedCompletion> asked_chat(std::string_view json, bool has_template);

/// A token of the answer.
struct TokenView {
    std::string text;  // its bytes, not always whole characters
    double logprob = 0;
    std::vector<model::Alternative> likeliest;
};

struct ChoiceView {
    std::string text;
    std::string finish_reason;      // "stop", "length"
    std::vector<TokenView> tokens;  // where logprobs are wanted
};

/// Who answers, in every chunk.
struct CompletionFrame {
    std::string id;
    std::int64_t created = 0;  // seconds since 1970
    std::string model;
    bool is_chat = false;
};

struct UsageView {
    std::size_t prompt_tokens = 0;
    std::size_t completion_tokens = 0;
};

std::string completion_as_json(const CompletionFrame& frame, const std::vector<ChoiceView>& choices,
                               const UsageView& usage);
/// A piece of choice `index`; the first one of a chat names the role.
std::string chunk_as_json(const CompletionFrame& frame, std::size_t index, std::string_view text,
                          bool is_first);
/// The end of choice `index`, with its log-probabilities where they are wanted.
std::string end_as_json(const CompletionFrame& frame, std::size_t index, const ChoiceView& choice);
std::string usage_as_json(const CompletionFrame& frame, const UsageView& usage);

/// The list of models, of which there is one; its window by the name that vLLM gives it.
std::string openai_model_as_json(const std::string& name, std::size_t window_tokens,
                                 std::int64_t created);
std::string openai_error_as_json(std::string_view message, std::string_view type,
                                 std::string_view code);

/// "stop" where the text came to its end, "length" where it was cut.
const char* finish_reason_of(model::Ending ending);

}  // namespace fabula::serve
