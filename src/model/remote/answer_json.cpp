// SPDX-License-Identifier: 0BSD
#include "model/remote/answer.h"
#include "model/remote/json_member.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace fabula::model {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_tokens_told = 100'000;

std::optional<double> number_of(const Json& value) {
    if (!value.is_number()) return std::nullopt;
    const double number = value.get<double>();
    return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<std::size_t> count_of(const Json& value) {
    const auto number = number_of(value);
    if (!number || *number < 0 || *number > 1e12) return std::nullopt;
    return static_cast<std::size_t>(*number);
}

std::optional<TokenId> id_of(const Json& value) {
    const auto number = number_of(value);
    if (!number || *number < 0 || *number > std::numeric_limits<TokenId>::max())
        return std::nullopt;
    return static_cast<TokenId>(*number);
}

Error not_understood(const std::string& what) {
    return {ErrorCode::corrupt, "the answer " + what};
}

SaidEnding ending_of(const std::string& reason) {
    if (reason.empty()) return SaidEnding::none;
    if (reason == "length" || reason == "max_tokens") return SaidEnding::length;
    if (reason == "content_filter") return SaidEnding::filter;
    return SaidEnding::end;
}

// ---- OpenAI

// The bytes of a token, where they are told, are exact; its text may stand for half a character.
std::string bytes_of(const Json& token) {
    const Json& bytes = member(token, "bytes");
    if (!bytes.is_array() || bytes.size() > 1024) return text_of(member(token, "token"));
    std::string text;
    for (const auto& byte : bytes) {
        const auto value = count_of(byte);
        if (!value || *value > 255) return text_of(member(token, "token"));
        text += static_cast<char>(static_cast<unsigned char>(*value));
    }
    return text;
}

// {"content": [{"token", "logprob", "bytes", "id"}]}: of chats, and of llama-server everywhere.
std::vector<SaidToken> tokens_in_content(const Json& content) {
    std::vector<SaidToken> tokens;
    if (content.size() > most_tokens_told) return tokens;
    tokens.reserve(content.size());
    for (const auto& each : content) {
        const auto logprob = number_of(member(each, "logprob"));
        if (!logprob) return {};
        tokens.push_back({bytes_of(each), *logprob, id_of(member(each, "id"))});
    }
    return tokens;
}

// {"tokens": [...], "token_logprobs": [...]}: of completions.
std::vector<SaidToken> tokens_in_lists(const Json& logprobs) {
    const Json& texts = member(logprobs, "tokens");
    const Json& numbers = member(logprobs, "token_logprobs");
    std::vector<SaidToken> tokens;
    const bool is_sound = texts.is_array() && numbers.is_array() &&
                          texts.size() == numbers.size() && texts.size() <= most_tokens_told;
    if (!is_sound) return tokens;
    tokens.reserve(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto logprob = number_of(numbers[i]);
        if (!logprob) return {};
        tokens.push_back({text_of(texts[i]), *logprob, std::nullopt});
    }
    return tokens;
}

std::vector<SaidToken> openai_tokens(const Json& choice) {
    const Json& logprobs = member(choice, "logprobs");
    const Json& content = member(logprobs, "content");
    return content.is_array() ? tokens_in_content(content) : tokens_in_lists(logprobs);
}

// Text of a choice: of completions, of a chat's chunk or of its whole message.
std::string openai_text(const Json& choice) {
    const Json& text = member(choice, "text");
    if (text.is_string()) return text_of(text);
    const Json& delta = member(choice, "delta");
    return text_of(member(delta.is_object() ? delta : member(choice, "message"), "content"));
}

SaidUsage openai_usage(const Json& usage) {
    SaidUsage said;
    said.prompt_tokens = count_of(member(usage, "prompt_tokens"));
    said.completion_tokens = count_of(member(usage, "completion_tokens"));
    said.cached_tokens = count_of(member(member(usage, "prompt_tokens_details"), "cached_tokens"));
    said.money = number_of(member(usage, "cost"));
    if (said.money && *said.money < 0) said.money.reset();
    return said;
}

Result<Said> openai_said(const Json& json) {
    Said said;
    said.usage = openai_usage(member(json, "usage"));
    const Json& choices = member(json, "choices");
    if (!choices.is_array()) {
        if (member(json, "usage").is_object()) return said;
        return not_understood("has no \"choices\"");
    }
    for (const auto& choice : choices) {
        if (!choice.is_object()) return not_understood("has a choice that is no object");
        SaidPiece piece;
        const Json& index = member(choice, "index");
        const auto number = index.is_null() ? std::size_t{0} : count_of(index);
        if (!number || *number >= most_said_candidates)
            return not_understood("has a choice with an index that nobody asked for");
        const Json& text = member(choice, "text");
        if (!text.is_null() && !text.is_string())
            return not_understood("has a choice whose \"text\" is none");
        piece.index = *number;
        piece.text = openai_text(choice);
        piece.tokens = openai_tokens(choice);
        piece.ending = ending_of(text_of(member(choice, "finish_reason")));
        said.pieces.push_back(std::move(piece));
    }
    return said;
}

// ---- Hugging Face

SaidEnding huggingface_ending(const Json& details) {
    return ending_of(text_of(member(details, "finish_reason")));
}

std::optional<SaidToken> huggingface_token(const Json& token) {
    const auto logprob = number_of(member(token, "logprob"));
    const Json& special = member(token, "special");
    if (!logprob || (special.is_boolean() && special.get<bool>())) return std::nullopt;
    return SaidToken{text_of(member(token, "text")), *logprob, id_of(member(token, "id"))};
}

SaidUsage huggingface_usage(const Json& details) {
    SaidUsage usage;
    usage.completion_tokens = count_of(member(details, "generated_tokens"));
    usage.prompt_tokens = count_of(member(details, "input_length"));
    return usage;
}

Result<Said> huggingface_frame(const Json& json) {
    const Json& token = member(json, "token");
    if (!token.is_object()) return not_understood("has no \"token\"");
    Said said;
    SaidPiece piece;
    const Json& special = member(token, "special");
    if (!special.is_boolean() || !special.get<bool>()) piece.text = text_of(member(token, "text"));
    if (auto one = huggingface_token(token)) piece.tokens.push_back(*std::move(one));
    const Json& details = member(json, "details");
    if (details.is_object()) {
        piece.ending = huggingface_ending(details);
        said.usage = huggingface_usage(details);
    }
    // The last frame tells the whole text.
    if (member(json, "generated_text").is_string()) {
        said.is_last = true;
        if (piece.ending == SaidEnding::none) piece.ending = SaidEnding::length;
    }
    said.pieces.push_back(std::move(piece));
    return said;
}

Result<Said> huggingface_answer(const Json& json) {
    const Json& one = json.is_array() && json.size() == 1 ? json.front() : json;
    const Json& text = member(one, "generated_text");
    if (!text.is_string()) return not_understood("has no \"generated_text\"");
    Said said;
    SaidPiece piece;
    piece.text = text_of(text);
    const Json& details = member(one, "details");
    piece.ending = huggingface_ending(details);
    if (piece.ending == SaidEnding::none) piece.ending = SaidEnding::length;
    said.usage = huggingface_usage(details);
    const Json& tokens = member(details, "tokens");
    if (tokens.is_array() && tokens.size() <= most_tokens_told) {
        for (const auto& token : tokens) {
            if (auto said_token = huggingface_token(token))
                piece.tokens.push_back(*std::move(said_token));
        }
    }
    said.is_last = true;
    said.pieces.push_back(std::move(piece));
    return said;
}

// ---- Ollama

Result<Said> ollama_said(const Json& json) {
    const Json& message = member(json, "message");
    const Json& text = message.is_object() ? member(message, "content") : member(json, "response");
    if (!text.is_string()) return not_understood("has neither \"response\" nor \"message\"");
    Said said;
    SaidPiece piece;
    piece.text = text_of(text);
    const Json& logprobs = member(json, "logprobs");
    if (logprobs.is_array()) piece.tokens = tokens_in_content(logprobs);
    const Json& done = member(json, "done");
    if (done.is_boolean() && done.get<bool>()) {
        said.is_last = true;
        const auto reason = text_of(member(json, "done_reason"));
        piece.ending = ending_of(reason.empty() ? "stop" : reason);
        said.usage.prompt_tokens = count_of(member(json, "prompt_eval_count"));
        said.usage.completion_tokens = count_of(member(json, "eval_count"));
    }
    said.pieces.push_back(std::move(piece));
    return said;
}

// "error" is a text, or an object with a message; TGI and FastAPI say more beside it.
std::string error_of(const Json& json) {
    const Json& one = json.is_array() && json.size() == 1 ? json.front() : json;
    const Json& error = member(one, "error");
    if (error.is_string()) return text_of(error);
    for (const char* name : {"message", "detail"}) {
        if (member(error, name).is_string()) return text_of(member(error, name));
        const bool is_failed = !member(one, "choices").is_array();
        if (is_failed && member(one, name).is_string()) return text_of(member(one, name));
    }
    const Json& detail = member(one, "detail");
    if (detail.is_array() && !detail.empty()) return text_of(member(detail.front(), "msg"));
    return error.is_object() ? "an error without words" : "";
}

Result<Json> parsed(std::string_view text) {
    if (text.size() > most_answer_bytes)
        return Error{ErrorCode::exhausted,
                     "the answer has more than " + std::to_string(most_answer_bytes) + " bytes"};
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return not_understood("is no JSON");
    return json;
}

constexpr std::array<const char*, 4> api_names{"openai", "openai-chat", "huggingface", "ollama"};

}  // namespace

const char* name_of(RemoteApi api) {
    return api_names[static_cast<std::size_t>(api)];
}

Result<RemoteApi> remote_api_named(std::string_view name) {
    for (std::size_t i = 0; i < api_names.size(); ++i) {
        if (api_names[i] == name) return static_cast<RemoteApi>(i);
    }
    return Error{
        ErrorCode::invalid_input,
        "api '" + std::string(name) + "' is none of openai, openai-chat, huggingface, ollama"};
}

Result<Said> said_in_frame(RemoteApi api, std::string_view data) {
    const bool is_openai = api == RemoteApi::openai || api == RemoteApi::openai_chat;
    Said said;
    if (is_openai && data == "[DONE]") {
        said.is_last = true;
        return said;
    }
    const auto json = parsed(data);
    if (!json) return json.error();
    said.error = error_of(*json);
    if (!said.error.empty()) return said;
    if (is_openai) return openai_said(*json);
    return api == RemoteApi::ollama ? ollama_said(*json) : huggingface_frame(*json);
}

Result<Said> said_in_answer(RemoteApi api, std::string_view body) {
    const auto json = parsed(body);
    if (!json) return json.error();
    Said said;
    said.error = error_of(*json);
    if (!said.error.empty()) return said;
    if (api == RemoteApi::huggingface) return huggingface_answer(*json);
    auto whole = api == RemoteApi::ollama ? ollama_said(*json) : openai_said(*json);
    if (!whole) return whole;
    if (whole->pieces.empty()) return not_understood("has no choice");
    whole->is_last = true;
    return whole;
}

std::string error_in(std::string_view body) {
    const auto json = parsed(body);
    return json ? error_of(*json) : std::string();
}

}  // namespace fabula::model
