// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/model_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace fabula::model::hugging_face {
namespace {

constexpr std::uint64_t most_layers = 512;
constexpr std::uint64_t widest = 1U << 24U;
constexpr std::uint64_t most_tokens = 1U << 24U;
constexpr std::uint64_t longest_window = 1U << 30U;
constexpr std::uint64_t bloom_window = 2048;  // of all BLOOM models; not all files say so

/// Reads settings and keeps the first fault; what is read after it does not matter.
class Settings {
public:
    explicit Settings(const JsonValue& config) : config_(config) {}

    const std::optional<Error>& fault() const { return fault_; }
    const JsonValue* find(std::string_view key) const { return config_.find(key); }
    bool is_true(std::string_view key) const { return config_.is_true_at(key); }

    /// The number under one of `keys`, which mean the same; all that are there must agree.
    std::uint64_t count(std::initializer_list<const char*> keys, std::uint64_t most,
                        std::optional<std::uint64_t> otherwise = {}) {
        std::optional<std::uint64_t> found;
        for (const char* const key : keys) {
            const JsonValue* const value = find(key);
            if (value == nullptr) continue;
            const auto number = value->count();
            if (!number || *number == 0 || *number > most) {
                corrupt(std::string("'") + key + "' is no number from 1 to " +
                        std::to_string(most));
            } else if (found && *found != *number) {
                corrupt(std::string("'") + key + "' is " + std::to_string(*number) + ", '" +
                        *keys.begin() + "' is " + std::to_string(*found));
            }
            found = number;
        }
        if (!found) found = otherwise;
        if (!found) corrupt(std::string("'") + *keys.begin() + "' is missing");
        return std::clamp<std::uint64_t>(found.value_or(1), 1, most);
    }

    double real(const std::string& key, std::optional<double> otherwise) {
        const JsonValue* const value = find(key);
        const auto number = value != nullptr ? value->real() : otherwise;
        if (!number || !std::isfinite(*number) || *number <= 0)
            corrupt("'" + key + "' is missing or no positive number");
        return number.value_or(1);
    }

    /// A switch that is taken as it is when it is missing, and refused otherwise.
    void must_be(const char* key, bool wanted) {
        const JsonValue* const value = find(key);
        if (value == nullptr) return;
        const auto answer = value->boolean();
        if (!answer || *answer != wanted)
            refuse(std::string("'") + key + "' is not " + (wanted ? "true" : "false"));
    }
    void must_be_absent(const char* key) {
        const JsonValue* const value = find(key);
        if (value == nullptr) return;
        const bool is_off = value->boolean() == false || value->count() == 0U ||
                            (value->array() != nullptr && value->array()->empty());
        if (!is_off) refuse(std::string("'") + key + "' is set");
    }
    void one_of(const char* key, std::initializer_list<std::string_view> known,
                const std::string& otherwise) {
        const JsonValue* const value = find(key);
        const std::string text = value == nullptr           ? otherwise
                                 : value->text() != nullptr ? *value->text()
                                                            : std::string("no text");
        if (std::ranges::find(known, text) == known.end())
            refuse(std::string("'") + key + "' is '" + text + "'");
    }

    void take_fault_of(const Settings& other) {
        if (other.fault_) keep(*other.fault_);
    }
    void refuse(const std::string& why) { keep({ErrorCode::invalid_input, why}); }
    void corrupt(const std::string& why) { keep({ErrorCode::corrupt, why}); }

private:
    void keep(Error error) {
        if (!fault_) fault_ = std::move(error);
    }

    const JsonValue& config_;
    std::optional<Error> fault_;
};

/// By "architectures", or by "model_type" where a file names none.
std::optional<Family> family_of(const JsonValue& config, std::string& named) {
    using Known = std::pair<std::string_view, Family>;
    constexpr std::array<Known, 8> architectures = {{{"GPT2LMHeadModel", Family::gpt2},
                                                     {"GPT2Model", Family::gpt2},
                                                     {"BloomForCausalLM", Family::bloom},
                                                     {"BloomModel", Family::bloom},
                                                     {"LlamaForCausalLM", Family::llama},
                                                     {"LLaMAForCausalLM", Family::llama},
                                                     {"LlamaModel", Family::llama},
                                                     {"MistralForCausalLM", Family::llama}}};
    constexpr std::array<Known, 4> types = {{{"gpt2", Family::gpt2},
                                             {"bloom", Family::bloom},
                                             {"llama", Family::llama},
                                             {"mistral", Family::llama}}};
    const auto look_up = [&named](const auto& known) -> std::optional<Family> {
        const auto* const found = std::ranges::find(known, named, &Known::first);
        return found == known.end() ? std::nullopt : std::optional(found->second);
    };
    const JsonValue* const list = config.find("architectures");
    if (list != nullptr && list->array() != nullptr && !list->array()->empty()) {
        const std::string* const first = list->array()->front().text();
        named = first != nullptr ? *first : "no text";
        return look_up(architectures);
    }
    named = config.text_at("model_type", "none");
    return look_up(types);
}

void read_gpt2(Settings& settings, ModelConfig& config) {
    config.n_layer = settings.count({"n_layer", "num_hidden_layers"}, most_layers);
    config.n_embd = settings.count({"n_embd", "hidden_size"}, widest);
    config.n_head = settings.count({"n_head", "num_attention_heads"}, widest);
    config.n_ff = settings.count({"n_inner"}, widest, 4 * config.n_embd);
    // n_positions is the length of the table of positions; n_ctx is what older files call it.
    config.window_tokens = settings.find("n_positions") != nullptr
                               ? settings.count({"n_positions"}, longest_window)
                               : settings.count({"n_ctx"}, longest_window);
    config.epsilon = settings.real("layer_norm_epsilon", 1e-5);
    settings.one_of("activation_function", {"gelu_new", "gelu_pytorch_tanh", "gelu_fast"},
                    "gelu_new");
    settings.must_be("scale_attn_weights", true);
    settings.must_be("scale_attn_by_inverse_layer_idx", false);
    settings.must_be("add_cross_attention", false);
}

void read_bloom(Settings& settings, ModelConfig& config) {
    config.n_layer = settings.count({"n_layer", "num_hidden_layers"}, most_layers);
    config.n_embd = settings.count({"hidden_size", "n_embed"}, widest);
    config.n_head = settings.count({"n_head", "num_attention_heads"}, widest);
    config.n_ff = settings.count({"n_inner"}, widest, 4 * config.n_embd);
    if (config.n_ff != 4 * config.n_embd) settings.refuse("'n_inner' is not 4 times the width");
    config.window_tokens = settings.count({"seq_length"}, longest_window, bloom_window);
    config.epsilon = settings.real("layer_norm_epsilon", 1e-5);
    settings.must_be("apply_residual_connection_post_layernorm", false);
}

/// Transformers writes rope_scaling and rope_theta, or since version 5 rope_parameters with both.
void read_rope(Settings& settings, ModelConfig& config) {
    const JsonValue* rope = settings.find("rope_parameters");
    if (rope == nullptr) rope = settings.find("rope_scaling");
    const JsonValue none;
    Settings scaling(rope != nullptr ? *rope : none);
    config.rope_base = settings.find("rope_theta") != nullptr ? settings.real("rope_theta", {})
                                                              : scaling.real("rope_theta", 10000.0);
    if (rope != nullptr && rope->object() == nullptr) settings.corrupt("RoPE's settings are none");
    if (rope != nullptr && rope->find("partial_rotary_factor") != nullptr &&
        scaling.real("partial_rotary_factor", 1.0) != 1.0)
        settings.refuse("'partial_rotary_factor' is not 1");
    std::string kind = "default";
    if (rope != nullptr) kind = rope->text_at("rope_type", rope->text_at("type", "default"));
    RopeScaling& made = config.rope_scaling;
    if (kind == "linear") {
        made.kind = RopeScaling::Kind::linear;
        made.factor = scaling.real("factor", {});
    } else if (kind == "llama3") {
        made.kind = RopeScaling::Kind::llama3;
        made.factor = scaling.real("factor", {});
        made.low_frequency_factor = scaling.real("low_freq_factor", {});
        made.high_frequency_factor = scaling.real("high_freq_factor", {});
        made.original_window_tokens =
            scaling.count({"original_max_position_embeddings"}, longest_window);
        if (made.low_frequency_factor >= made.high_frequency_factor)
            scaling.corrupt("'low_freq_factor' is not below 'high_freq_factor'");
    } else if (kind != "default") {
        settings.refuse("RoPE is scaled by '" + kind + "' (linear and llama3 are carried over)");
    }
    settings.take_fault_of(scaling);
}

void read_llama(Settings& settings, ModelConfig& config) {
    config.n_layer = settings.count({"num_hidden_layers"}, most_layers);
    config.n_embd = settings.count({"hidden_size"}, widest);
    config.n_head = settings.count({"num_attention_heads"}, widest);
    config.n_head_kv = settings.count({"num_key_value_heads"}, widest, config.n_head);
    config.n_ff = settings.count({"intermediate_size"}, widest);
    config.window_tokens = settings.count({"max_position_embeddings"}, longest_window);
    config.epsilon = settings.real("rms_norm_eps", 1e-6);
    config.names_head_size = settings.find("head_dim") != nullptr;
    config.head_size = settings.count({"head_dim"}, widest, config.n_embd / config.n_head);
    config.has_attention_bias = settings.is_true("attention_bias");
    config.has_mlp_bias = settings.is_true("mlp_bias");
    read_rope(settings, config);
    settings.one_of("hidden_act", {"silu", "swish"}, "silu");
    for (const char* const key : {"num_local_experts", "num_experts", "n_routed_experts"})
        settings.must_be_absent(key);
    if (settings.find("sliding_window") != nullptr &&
        settings.count({"sliding_window"}, longest_window) < config.window_tokens)
        settings.refuse("'sliding_window' is shorter than the window");
}

void check_heads(Settings& settings, const ModelConfig& config) {
    const auto text = [](std::uint64_t n) { return std::to_string(n); };
    if (config.n_head > config.n_embd ||
        (!config.names_head_size && config.n_embd % config.n_head != 0)) {
        settings.corrupt(text(config.n_head) + " heads do not divide a width of " +
                         text(config.n_embd));
    } else if (config.n_head % config.n_head_kv != 0) {
        settings.corrupt(text(config.n_head_kv) + " heads of keys do not divide " +
                         text(config.n_head) + " heads");
    } else if (config.family == Family::llama && config.head_size % 2 != 0) {
        settings.corrupt("RoPE over heads of " + text(config.head_size) + " numbers");
    } else if (config.n_head * config.head_size > widest) {
        settings.corrupt("heads of " + text(config.head_size) + " numbers");
    }
}

void read_special_ids(const Settings& settings, ModelConfig& config) {
    for (const char* const name : {"bos", "eos", "unk", "sep", "pad", "cls", "mask"}) {
        const JsonValue* const id = settings.find(std::string(name) + "_token_id");
        const auto number = id != nullptr ? id->count() : std::nullopt;
        if (number) config.special_ids.emplace(name, *number);
    }
}

}  // namespace

const char* name_of(Family family) {
    switch (family) {
        case Family::gpt2:
            return "gpt2";
        case Family::bloom:
            return "bloom";
        case Family::llama:
            return "llama";
    }
    return "llama";
}

Result<ModelConfig> model_config_of(const JsonValue& json) {
    if (json.object() == nullptr) return Error{ErrorCode::corrupt, "it is no object"};
    std::string named;
    const auto family = family_of(json, named);
    if (!family) {
        return Error{ErrorCode::invalid_input,
                     "architecture '" + named +
                         "' is not imported (GPT2LMHeadModel, BloomForCausalLM, LlamaForCausalLM "
                         "and MistralForCausalLM are)"};
    }
    Settings settings(json);
    ModelConfig config;
    config.family = *family;
    if (json.find("quantization_config") != nullptr)
        settings.refuse("its weights are quantised ('quantization_config')");
    if (*family == Family::gpt2) read_gpt2(settings, config);
    if (*family == Family::bloom) read_bloom(settings, config);
    if (*family == Family::llama) read_llama(settings, config);
    if (*family != Family::llama) {
        config.n_head_kv = config.n_head;
        config.head_size = config.n_embd / config.n_head;
    }
    config.n_vocab = settings.count({"vocab_size"}, most_tokens);
    const JsonValue* const tied = json.find("tie_word_embeddings");
    config.is_tied = tied != nullptr ? tied->boolean().value_or(false) : *family != Family::llama;
    if (tied != nullptr && !tied->boolean())
        settings.corrupt("'tie_word_embeddings' is neither true nor false");
    read_special_ids(settings, config);
    check_heads(settings, config);
    if (settings.fault()) return *settings.fault();
    return config;
}

Result<ModelConfig> read_model_config(const std::string& folder) {
    const std::string path = folder + "/config.json";
    const auto json = read_json_file(path);
    if (!json) return json.error();
    auto config = model_config_of(*json);
    if (!config)
        return Error{config.error().code, "file '" + path + "': " + config.error().message};
    return config;
}

}  // namespace fabula::model::hugging_face
