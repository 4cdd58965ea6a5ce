// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/adapter_config.h"

#include <cmath>
#include <string>

namespace fabula::model::hugging_face {
namespace {

constexpr std::uint64_t most_rank = 1U << 16U;

/// Off: false, 0, "none", an empty list or object; or missing.
bool is_set(const JsonValue& json, const char* key) {
    const JsonValue* const value = json.find(key);
    if (value == nullptr || value->boolean() == false || value->count() == 0U) return false;
    if (value->text() != nullptr) return *value->text() != "none" && *value->text() != "false";
    if (value->array() != nullptr) return !value->array()->empty();
    return value->object() == nullptr || !value->object()->empty();
}

}  // namespace

Result<AdapterConfig> adapter_config_of(const JsonValue& json) {
    const std::string kind = json.text_at("peft_type", "none");
    if (kind != "LORA")
        return Error{ErrorCode::invalid_input, "adapter of kind '" + kind + "' (LORA is read)"};
    for (const char* const key :
         {"use_dora", "bias", "lora_bias", "modules_to_save", "alpha_pattern", "layer_replication",
          "target_parameters", "trainable_token_indices", "use_qalora",
          "alora_invocation_tokens"}) {
        if (is_set(json, key))
            return Error{ErrorCode::invalid_input, std::string("'") + key + "' is set"};
    }
    AdapterConfig config;
    const JsonValue* const rank = json.find("r");
    const JsonValue* const alpha = json.find("lora_alpha");
    config.rank = rank != nullptr ? rank->count().value_or(0) : 0;
    config.alpha = alpha != nullptr ? alpha->real().value_or(0) : 0;
    if (config.rank == 0 || config.rank > most_rank)
        return Error{ErrorCode::corrupt, "'r' is no number from 1 to " + std::to_string(most_rank)};
    if (!std::isfinite(config.alpha) || config.alpha <= 0)
        return Error{ErrorCode::corrupt, "'lora_alpha' is missing or no positive number"};
    config.is_rank_stabilised = json.is_true_at("use_rslora");
    config.has_other_ranks = is_set(json, "rank_pattern");
    config.base = json.text_at("base_model_name_or_path");
    if (config.is_rank_stabilised && config.has_other_ranks)
        return Error{ErrorCode::invalid_input, "'use_rslora' with 'rank_pattern'"};
    return config;
}

double foreign_alpha(const AdapterConfig& config) {
    if (!config.is_rank_stabilised) return config.alpha;
    return config.alpha * std::sqrt(static_cast<double>(config.rank));
}

}  // namespace fabula::model::hugging_face
