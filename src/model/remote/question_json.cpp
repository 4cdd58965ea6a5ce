// SPDX-License-Identifier: 0BSD
#include "model/remote/question.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace fabula::model {
namespace {

using Json = nlohmann::ordered_json;

class Body {
public:
    Body(const Addressee& addressee, const Question& question)
        : addressee_(addressee), question_(question) {}

    Asked asked() && {
        switch (addressee_.api) {
            case RemoteApi::openai:
            case RemoteApi::openai_chat:
                openai();
                break;
            case RemoteApi::huggingface:
                huggingface();
                break;
            case RemoteApi::ollama:
                ollama();
                break;
        }
        asked_.body = json_.dump(-1, ' ', false, Json::error_handler_t::replace);
        return std::move(asked_);
    }

private:
    bool is(Dialect dialect) const { return addressee_.dialect == dialect; }
    bool is_unknown(const std::string& name) const { return addressee_.unknown.contains(name); }

    // A member that the server may refuse.
    void add_optional(Json& object, const std::string& name, Json value) {
        if (is_unknown(name)) return;
        object[name] = std::move(value);
        asked_.optional_names.push_back(name);
    }

    void add_model() {
        if (!addressee_.model.empty()) json_["model"] = addressee_.model;
    }

    // The numbers, then what is none.
    void add_settings(Json& object) {
        const auto& settings = question_.settings;
        auto sent = sent_settings(addressee_.dialect, settings, addressee_.unknown);
        for (const auto& each : sent.numbers) {
            if (each.is_whole)
                object[each.name] = static_cast<std::int64_t>(each.value);
            else
                object[each.name] = each.value;
            asked_.optional_names.push_back(each.name);
        }
        add_list(object, "bad_words", settings.bad_words);
        add_list(object, "bad_patterns", settings.bad_patterns);
        if (settings.dry_multiplier > 0) add_list(object, "dry_breakers", settings.dry_breakers);
        if (const auto name = name_in(addressee_.dialect, "ignore_end");
            name && settings.ignore_end)
            add_optional(object, *name, true);
        if (const auto name = name_in(addressee_.dialect, "logit_bias");
            name && !settings.logit_bias.empty()) {
            Json biases = Json::object();
            for (const auto& [token, bias] : settings.logit_bias)
                biases[std::to_string(token)] = bias;
            add_optional(object, *name, std::move(biases));
        }
        add_order(object);
        const bool has_modes = is(Dialect::llama_server) || is(Dialect::koboldcpp);
        if (has_modes && settings.mirostat_tau > 0) add_optional(object, "mirostat", 2);
        asked_.left_out = std::move(sent.left_out);
    }

    void add_list(Json& object, const char* ours, const std::vector<std::string>& texts) {
        const auto name = name_in(addressee_.dialect, ours);
        if (name && !texts.empty()) add_optional(object, *name, texts);
    }

    void add_order(Json& object) {
        const auto name = name_in(addressee_.dialect, "order");
        if (!name || question_.settings.order == sample::Settings().order) return;
        Json stages = Json::array();
        for (const auto stage : question_.settings.order)
            stages.push_back(sample::name_of(stage));
        add_optional(object, *name, std::move(stages));
    }

    Json messages() const {
        Json list = Json::array();
        if (!question_.system.empty())
            list.push_back({{"role", "system"}, {"content", question_.system}});
        std::string instruction = question_.instruction;
        if (!addressee_.goes_on && !question_.text.empty())
            instruction += (instruction.empty() ? "" : "\n\n") + question_.text;
        if (!instruction.empty()) list.push_back({{"role", "user"}, {"content", instruction}});
        if (addressee_.goes_on && !question_.text.empty())
            list.push_back({{"role", "assistant"}, {"content", question_.text}});
        return list;
    }

    void openai() {
        const bool is_chat = addressee_.api == RemoteApi::openai_chat;
        asked_.path = is_chat ? "/chat/completions" : "/completions";
        add_model();
        if (is_chat)
            json_["messages"] = messages();
        else
            json_["prompt"] = question_.text;
        const bool is_newest = is(Dialect::openai) && is_chat;
        json_[is_newest ? "max_completion_tokens" : "max_tokens"] = question_.max_tokens;
        if (question_.n > 1) json_["n"] = question_.n;
        add_settings(json_);
        add_optional(json_, "seed", question_.seed);
        if (addressee_.is_stream) {
            json_["stream"] = true;
            add_optional(json_, "stream_options", {{"include_usage", true}});
        }
        if (is_chat)
            add_optional(json_, "logprobs", true);
        else
            add_optional(json_, "logprobs", is(Dialect::fabula) || is(Dialect::vllm) ? 0 : 1);
        if (is_chat && addressee_.goes_on && is(Dialect::vllm)) {
            json_["continue_final_message"] = true;
            json_["add_generation_prompt"] = false;
        }
    }

    void huggingface() {
        asked_.path = addressee_.is_stream ? "/generate_stream" : "/generate";
        json_["inputs"] = question_.text;
        Json parameters = Json::object();
        parameters["max_new_tokens"] = question_.max_tokens;
        const bool draws = question_.settings.temperature >= sample::lowest_temperature;
        add_optional(parameters, "do_sample", draws);
        add_settings(parameters);
        add_optional(parameters, "seed", question_.seed);
        add_optional(parameters, "return_full_text", false);
        add_optional(parameters, "details", true);
        json_["parameters"] = std::move(parameters);
    }

    void ollama() {
        asked_.path = question_.is_chat ? "/api/chat" : "/api/generate";
        add_model();
        if (question_.is_chat) {
            json_["messages"] = messages();
        } else {
            json_["prompt"] = question_.text;
            json_["raw"] = true;  // the prompt as it is, without the model's template
        }
        json_["stream"] = addressee_.is_stream;
        Json options = Json::object();
        options["num_predict"] = question_.max_tokens;
        if (addressee_.window_tokens > 0) options["num_ctx"] = addressee_.window_tokens;
        options["seed"] = question_.seed;
        add_settings(options);
        json_["options"] = std::move(options);
        add_optional(json_, "logprobs", true);
    }

    const Addressee& addressee_;
    const Question& question_;
    Json json_ = Json::object();
    Asked asked_;
};

}  // namespace

Asked asked_of(const Addressee& addressee, const Question& question) {
    return Body(addressee, question).asked();
}

}  // namespace fabula::model
