// SPDX-License-Identifier: 0BSD
#include "model/remote/json_member.h"
#include "model/remote/probe.h"

#include <nlohmann/json.hpp>

namespace fabula::model {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_models = 10'000;

std::size_t tokens_of(const Json& value) {
    if (!value.is_number()) return 0;
    const double number = value.get<double>();
    return number >= 1 && number <= 1e9 ? static_cast<std::size_t>(number) : 0;
}

// vLLM says max_model_len, OpenRouter context_length, llama-server what the model was trained for.
std::size_t window_of(const Json& model) {
    for (const char* name : {"max_model_len", "context_length", "context_window"}) {
        if (const auto tokens = tokens_of(member(model, name)); tokens > 0) return tokens;
    }
    return tokens_of(member(member(model, "meta"), "n_ctx_train"));
}

ServerFacts openai_facts(const Json& json, const std::string& wanted) {
    ServerFacts facts;
    const Json& data = member(json, "data");
    if (!data.is_array()) return facts;
    for (const auto& model : data) {
        if (facts.models.size() >= most_models) break;
        const auto id = text_of(member(model, "id"));
        if (id.empty()) continue;
        facts.models.push_back(id);
        if (facts.owner.empty()) facts.owner = text_of(member(model, "owned_by"));
        if (id == wanted || (wanted.empty() && data.size() == 1))
            facts.window_tokens = window_of(model);
    }
    return facts;
}

ServerFacts ollama_facts(const Json& json) {
    ServerFacts facts;
    const Json& info = member(json, "model_info");
    if (info.is_object()) {
        for (const auto& [name, value] : info.items()) {
            if (name.ends_with(".context_length")) facts.window_tokens = tokens_of(value);
        }
    }
    const auto chat = text_of(member(json, "template"));
    facts.has_chat = !chat.empty() && chat != "{{ .Prompt }}";
    return facts;
}

ServerFacts huggingface_facts(const Json& json) {
    ServerFacts facts;
    const auto model = text_of(member(json, "model_id"));
    if (!model.empty()) facts.models.push_back(model);
    facts.window_tokens = tokens_of(member(json, "max_total_tokens"));
    return facts;
}

}  // namespace

ProbeRequest probe_of(RemoteApi api, const std::string& model) {
    if (api == RemoteApi::huggingface) return {"/info", ""};
    if (api == RemoteApi::ollama)
        return {"/api/show",
                Json{{"model", model}}.dump(-1, ' ', false, Json::error_handler_t::replace)};
    return {"/models", ""};
}

ServerFacts facts_in(RemoteApi api, std::string_view body, const std::string& model) {
    const Json json = Json::parse(body, nullptr, false);
    if (api == RemoteApi::huggingface) return huggingface_facts(json);
    if (api == RemoteApi::ollama) return ollama_facts(json);
    return openai_facts(json, model);
}

std::size_t window_in_props(std::string_view body) {
    const Json json = Json::parse(body, nullptr, false);
    const auto shared = tokens_of(member(member(json, "default_generation_settings"), "n_ctx"));
    return shared > 0 ? shared : tokens_of(member(json, "n_ctx"));
}

}  // namespace fabula::model
