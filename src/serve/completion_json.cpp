// SPDX-License-Identifier: 0BSD
#include "sample/settings_json.h"
#include "serve/completion.h"
#include "store/bounded_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace fabula::serve {
namespace {

using Json = nlohmann::ordered_json;

constexpr store::JsonBounds bounds{
    .size_bytes = std::size_t{4} << 20, .depth = 16, .values = 100'000};
constexpr std::size_t most_choices = 8;
constexpr std::size_t most_likeliest = 20;

// Names that stand in bodies and change nothing in the text.
constexpr std::array without_effect{"user",         "metadata",          "store",
                                    "service_tier", "safety_identifier", "prompt_cache_key"};

Error wrong(const std::string& message) {
    return {ErrorCode::invalid_input, message};
}

class Body {
public:
    explicit Body(std::string_view text) {
        const auto sound = store::check_bounds(text, bounds);
        if (!sound) {
            fail("the body: " + sound.error().message);
            return;
        }
        json_ = Json::parse(text, nullptr, false);
        if (json_.is_object()) return;
        fail("the body is no JSON object");
        json_ = Json::object();  // nothing can be taken out of anything else
    }

    /// One line, whatever the foreign words in it.
    void fail(std::string message) {
        std::replace_if(
            message.begin(), message.end(),
            [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
        if (!trouble_) trouble_ = wrong(message);
    }
    const std::optional<Error>& trouble() const { return trouble_; }

    /// The member of that name, which is taken out; null where it is not there.
    Json take(const char* name) {
        const auto found = json_.find(name);
        if (trouble_ || found == json_.end()) return nullptr;
        Json value = std::move(*found);
        json_.erase(name);
        return value;
    }

    bool flag(const char* name) {
        const Json value = take(name);
        if (value.is_null()) return false;
        if (!value.is_boolean()) fail(std::string(name) + " is true or false");
        return value.is_boolean() && value.get<bool>();
    }

    std::optional<std::size_t> count(const char* name, std::size_t least, std::size_t most) {
        const Json value = take(name);
        if (value.is_null()) return std::nullopt;
        const bool fits = value.is_number_unsigned() && value.get<std::uint64_t>() >= least &&
                          value.get<std::uint64_t>() <= most;
        if (!fits) {
            fail(std::string(name) + " is no whole number from " + std::to_string(least) + " to " +
                 std::to_string(most));
            return std::nullopt;
        }
        return value.get<std::size_t>();
    }

    /// What nobody asked for: settings of ours.
    Json rest() {
        for (const char* name : without_effect)
            json_.erase(name);
        return json_;
    }

private:
    Json json_ = Json::object();
    std::optional<Error> trouble_;
};

void rename(Body& body, Json& settings, const char* theirs, const char* ours) {
    Json value = body.take(theirs);
    if (!value.is_null()) settings[ours] = std::move(value);
}

sample::Settings usual_settings() {
    sample::Settings settings;
    settings.temperature = 1;  // as in OpenAI's reference
    settings.max_new_tokens = 256;
    return settings;
}

// What both routes have; the prompt has been taken out of the body.
Result<AskedCompletion> common(Body& body, AskedCompletion asked) {
    const Json model = body.take("model");
    if (model.is_string())
        asked.model = model.get<std::string>();
    else if (!model.is_null())
        body.fail("model is no text");
    asked.n = body.count("n", 1, most_choices).value_or(1);
    if (const auto best = body.count("best_of", 1, most_choices); best && *best != asked.n)
        body.fail("best_of is another number than n: nothing is drawn and thrown away here");
    const Json seed = body.take("seed");
    if (seed.is_number_integer())
        asked.seed = seed.is_number_unsigned()
                         ? seed.get<std::uint64_t>()
                         : static_cast<std::uint64_t>(seed.get<std::int64_t>());
    else if (!seed.is_null())
        body.fail("seed is no whole number");
    asked.is_stream = body.flag("stream");
    const Json options = body.take("stream_options");
    if (options.is_object())
        asked.has_usage = options.value("include_usage", Json(false)) == Json(true);
    else if (!options.is_null())
        body.fail("stream_options is no object");

    Json settings = Json::object();
    rename(body, settings, "max_tokens", "max_new_tokens");
    rename(body, settings, "max_completion_tokens", "max_new_tokens");
    Json stop = body.take("stop");
    if (stop.is_string()) stop = Json::array({stop});
    if (!stop.is_null()) settings["stop"] = std::move(stop);
    const Json rest = body.rest();
    for (const auto& [name, value] : rest.items()) {
        if (!value.is_null()) settings[name] = value;
    }
    if (body.trouble()) return *body.trouble();
    auto read = sample::settings_from_json(settings.dump(), usual_settings());
    if (!read) return read.error();
    asked.settings = *std::move(read);
    return asked;
}

bool is_text_type(const Json& part) {
    const auto type = part.find("type");
    return type != part.end() && type->is_string() && type->get_ref<const std::string&>() == "text";
}

// The words of a message: a text, or a list of parts that are all text.
std::optional<std::string> content_of(const Json& message) {
    const auto content = message.find("content");
    if (content == message.end()) return std::nullopt;
    if (content->is_string()) return content->get<std::string>();
    if (!content->is_array()) return std::nullopt;
    std::string text;
    for (const auto& part : *content) {
        if (!part.is_object() || !is_text_type(part) || !part.contains("text") ||
            !part["text"].is_string())
            return std::nullopt;
        text += part["text"].get<std::string>();
    }
    return text;
}

struct Message {
    std::string role;
    std::string text;
};

std::vector<Message> messages_of(Body& body) {
    std::vector<Message> found;
    const Json list = body.take("messages");
    if (!list.is_array() || list.empty()) {
        body.fail("messages is no list with something in it");
        return found;
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
        const std::string place = "messages[" + std::to_string(i) + "]";
        const bool has_role =
            list[i].is_object() && list[i].contains("role") && list[i]["role"].is_string();
        const std::string role = has_role ? list[i]["role"].get<std::string>() : "";
        const bool is_known =
            role == "system" || role == "developer" || role == "user" || role == "assistant";
        if (!is_known) {
            body.fail(place + ".role is system, developer, user or assistant");
            return found;
        }
        auto text = content_of(list[i]);
        if (!text) {
            body.fail(place + ".content is no text");
            return found;
        }
        found.push_back({role, *std::move(text)});
    }
    return found;
}

void append(std::string& text, const std::string& more) {
    if (!text.empty() && !more.empty()) text += "\n\n";
    text += more;
}

model::Prompt prompt_of(std::vector<Message> messages, bool has_template) {
    model::Prompt prompt;
    std::string begun;  // of the answer
    if (messages.back().role == "assistant") {
        begun = messages.back().text;
        messages.pop_back();
    }
    std::string plain;
    const bool is_talk = std::any_of(messages.begin(), messages.end(),
                                     [](const auto& each) { return each.role == "assistant"; });
    for (const auto& [role, text] : messages) {
        append(plain, text);
        if (role == "system" || role == "developer")
            append(prompt.system, text);
        else
            append(prompt.instruction, is_talk ? fmt::format("{}: {}", role, text) : text);
    }
    prompt.chat = has_template;
    if (!has_template) append(plain, begun);
    const std::string& front = has_template ? begun : plain;
    if (!front.empty()) prompt.blocks.push_back({front, {}});
    return prompt;
}

// Bytes that are no whole characters are told as bytes, and shown as the replacement character.
Json token_value(const std::string& text, double logprob) {
    Json bytes = Json::array();
    for (const char c : text)
        bytes.push_back(static_cast<unsigned char>(c));
    return {{"token", text}, {"logprob", logprob}, {"bytes", std::move(bytes)}};
}

double log_of(double probability) {
    constexpr double least = -9999;  // what OpenAI gives for the impossible
    return probability > 0 ? std::max(least, std::log(probability)) : least;
}

Json chat_logprobs(const std::vector<TokenView>& tokens) {
    Json content = Json::array();
    for (const auto& token : tokens) {
        Json each = token_value(token.text, token.logprob);
        each["top_logprobs"] = Json::array();
        for (const auto& other : token.likeliest)
            each["top_logprobs"].push_back(
                token_value(other.text, log_of(other.probability_model)));
        content.push_back(std::move(each));
    }
    return {{"content", std::move(content)}, {"refusal", nullptr}};
}

Json text_logprobs(const std::vector<TokenView>& tokens) {
    Json texts = Json::array();
    Json numbers = Json::array();
    Json likeliest = Json::array();
    Json offsets = Json::array();
    std::size_t offset = 0;
    for (const auto& token : tokens) {
        texts.push_back(token.text);
        numbers.push_back(token.logprob);
        offsets.push_back(offset);
        offset += token.text.size();
        Json others = Json::object();
        for (const auto& other : token.likeliest)
            others[other.text] = log_of(other.probability_model);
        likeliest.push_back(std::move(others));
    }
    return {{"tokens", std::move(texts)},
            {"token_logprobs", std::move(numbers)},
            {"top_logprobs", std::move(likeliest)},
            {"text_offset", std::move(offsets)}};
}

Json logprobs_of(const CompletionFrame& frame, const ChoiceView& choice) {
    if (choice.tokens.empty()) return nullptr;
    return frame.is_chat ? chat_logprobs(choice.tokens) : text_logprobs(choice.tokens);
}

Json usage_value(const UsageView& usage) {
    return {{"prompt_tokens", usage.prompt_tokens},
            {"completion_tokens", usage.completion_tokens},
            {"total_tokens", usage.prompt_tokens + usage.completion_tokens}};
}

Json framed(const CompletionFrame& frame, const char* object, Json choices) {
    return {{"id", frame.id},
            {"object", object},
            {"created", frame.created},
            {"model", frame.model},
            {"choices", std::move(choices)}};
}

const char* chunk_object(const CompletionFrame& frame) {
    return frame.is_chat ? "chat.completion.chunk" : "text_completion";
}

std::string line_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<AskedCompletion> asked_completion(std::string_view json) {
    Body body(json);
    AskedCompletion asked;
    Json prompt = body.take("prompt");
    if (prompt.is_array() && prompt.size() == 1) prompt = Json(prompt[0]);
    if (prompt.is_string())
        asked.prompt.blocks.push_back({prompt.get<std::string>(), {}});
    else
        body.fail("prompt is one text; several at once and token ids are not taken");
    asked.logprobs = body.count("logprobs", 0, most_likeliest);
    return common(body, std::move(asked));
}

Result<AskedCompletion> asked_chat(std::string_view json, bool has_template) {
    Body body(json);
    AskedCompletion asked;
    asked.is_chat = true;
    auto messages = messages_of(body);
    const bool wants_logprobs = body.flag("logprobs");
    const auto likeliest = body.count("top_logprobs", 0, most_likeliest);
    if (wants_logprobs) asked.logprobs = likeliest.value_or(0);
    if (likeliest && !wants_logprobs) body.fail("top_logprobs goes with logprobs");
    if (body.trouble()) return *body.trouble();
    asked.prompt = prompt_of(std::move(messages), has_template);
    return common(body, std::move(asked));
}

const char* finish_reason_of(model::Ending ending) {
    using model::Ending;
    return ending == Ending::end_of_text || ending == Ending::stop_string ? "stop" : "length";
}

std::string completion_as_json(const CompletionFrame& frame, const std::vector<ChoiceView>& choices,
                               const UsageView& usage) {
    Json list = Json::array();
    for (std::size_t i = 0; i < choices.size(); ++i) {
        Json each{{"index", i}};
        if (frame.is_chat)
            each["message"] = {
                {"role", "assistant"}, {"content", choices[i].text}, {"refusal", nullptr}};
        else
            each["text"] = choices[i].text;
        each["logprobs"] = logprobs_of(frame, choices[i]);
        each["finish_reason"] = choices[i].finish_reason;
        list.push_back(std::move(each));
    }
    Json value =
        framed(frame, frame.is_chat ? "chat.completion" : "text_completion", std::move(list));
    value["usage"] = usage_value(usage);
    return line_of(value);
}

std::string chunk_as_json(const CompletionFrame& frame, std::size_t index, std::string_view text,
                          bool is_first) {
    Json each{{"index", index}};
    if (frame.is_chat) {
        each["delta"] = {{"content", text}};
        if (is_first) each["delta"]["role"] = "assistant";
    } else {
        each["text"] = text;
    }
    each["logprobs"] = nullptr;
    each["finish_reason"] = nullptr;
    return line_of(framed(frame, chunk_object(frame), Json::array({each})));
}

std::string end_as_json(const CompletionFrame& frame, std::size_t index, const ChoiceView& choice) {
    Json each{{"index", index}};
    if (frame.is_chat)
        each["delta"] = Json::object();
    else
        each["text"] = "";
    each["logprobs"] = logprobs_of(frame, choice);
    each["finish_reason"] = choice.finish_reason;
    return line_of(framed(frame, chunk_object(frame), Json::array({each})));
}

std::string usage_as_json(const CompletionFrame& frame, const UsageView& usage) {
    Json value = framed(frame, chunk_object(frame), Json::array());
    value["usage"] = usage_value(usage);
    return line_of(value);
}

std::string openai_model_as_json(const std::string& name, std::size_t window_tokens,
                                 std::int64_t created) {
    const Json model{{"id", name},
                     {"object", "model"},
                     {"created", created},
                     {"owned_by", "fabula"},
                     {"max_model_len", window_tokens}};
    return line_of({{"object", "list"}, {"data", Json::array({model})}});
}

std::string openai_error_as_json(std::string_view message, std::string_view type,
                                 std::string_view code) {
    return line_of({{"error",
                     {{"message", message},
                      {"type", type},
                      {"param", nullptr},
                      {"code", code.empty() ? Json(nullptr) : Json(code)}}}});
}

}  // namespace fabula::serve
