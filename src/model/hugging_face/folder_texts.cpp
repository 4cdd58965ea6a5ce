// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/folder_texts.h"

#include "model/hugging_face/merge_scores.h"
#include "model/hugging_face/text_split.h"

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace fabula::model::hugging_face {
namespace {

constexpr const char* space_mark = "\u2581";  // "▁"

JsonValue text(std::string_view value) {
    return JsonValue(std::string(value));
}
JsonValue number(std::uint64_t value) {
    return JsonValue(value);
}
JsonValue list(std::initializer_list<JsonValue> values) {
    return JsonValue(JsonArray(values));
}
JsonValue of_type(std::string_view type, JsonObject more = {}) {
    more.insert(more.begin(), {"type", text(type)});
    return JsonValue(std::move(more));
}

void add_gpt2(const ModelConfig& config, JsonObject& json) {
    json.emplace_back("architectures", list({text("GPT2LMHeadModel")}));
    json.emplace_back("model_type", text("gpt2"));
    json.emplace_back("n_layer", number(config.n_layer));
    json.emplace_back("n_embd", number(config.n_embd));
    json.emplace_back("n_head", number(config.n_head));
    json.emplace_back("n_inner",
                      config.n_ff == 4 * config.n_embd ? JsonValue() : number(config.n_ff));
    json.emplace_back("n_positions", number(config.window_tokens));
    json.emplace_back("n_ctx", number(config.window_tokens));
    json.emplace_back("layer_norm_epsilon", JsonValue(config.epsilon));
    json.emplace_back("activation_function", text("gelu_new"));
}

void add_bloom(const ModelConfig& config, JsonObject& json) {
    json.emplace_back("architectures", list({text("BloomForCausalLM")}));
    json.emplace_back("model_type", text("bloom"));
    json.emplace_back("n_layer", number(config.n_layer));
    json.emplace_back("hidden_size", number(config.n_embd));
    json.emplace_back("n_head", number(config.n_head));
    json.emplace_back("seq_length", number(config.window_tokens));
    json.emplace_back("layer_norm_epsilon", JsonValue(config.epsilon));
    json.emplace_back("apply_residual_connection_post_layernorm", JsonValue(false));
}

JsonValue scaling_json(const RopeScaling& scaling) {
    if (scaling.kind == RopeScaling::Kind::none) return {};
    if (scaling.kind == RopeScaling::Kind::linear) {
        return JsonValue(JsonObject{{"type", text("linear")},
                                    {"rope_type", text("linear")},
                                    {"factor", JsonValue(scaling.factor)}});
    }
    return JsonValue(
        JsonObject{{"rope_type", text("llama3")},
                   {"factor", JsonValue(scaling.factor)},
                   {"low_freq_factor", JsonValue(scaling.low_frequency_factor)},
                   {"high_freq_factor", JsonValue(scaling.high_frequency_factor)},
                   {"original_max_position_embeddings", number(scaling.original_window_tokens)}});
}

void add_llama(const ModelConfig& config, JsonObject& json) {
    json.emplace_back("architectures", list({text("LlamaForCausalLM")}));
    json.emplace_back("model_type", text("llama"));
    json.emplace_back("num_hidden_layers", number(config.n_layer));
    json.emplace_back("hidden_size", number(config.n_embd));
    json.emplace_back("num_attention_heads", number(config.n_head));
    json.emplace_back("num_key_value_heads", number(config.n_head_kv));
    if (config.names_head_size) json.emplace_back("head_dim", number(config.head_size));
    json.emplace_back("intermediate_size", number(config.n_ff));
    json.emplace_back("max_position_embeddings", number(config.window_tokens));
    json.emplace_back("rms_norm_eps", JsonValue(config.epsilon));
    json.emplace_back("rope_theta", JsonValue(config.rope_base));
    json.emplace_back("rope_scaling", scaling_json(config.rope_scaling));
    json.emplace_back("hidden_act", text("silu"));
    json.emplace_back("attention_bias", JsonValue(config.has_attention_bias));
    json.emplace_back("mlp_bias", JsonValue(config.has_mlp_bias));
}

JsonValue added_json(const TokenizerFile& tokenizer) {
    JsonArray added;
    for (std::size_t id = 0; id < tokenizer.tokens.size(); ++id) {
        const TokenizerToken& token = tokenizer.tokens[id];
        const bool is_special =
            token.type == TokenType::control || token.type == TokenType::unknown;
        if (!is_special && token.type != TokenType::user_defined) continue;
        added.emplace_back(JsonObject{{"id", number(id)},
                                      {"content", text(token.text)},
                                      {"single_word", JsonValue(false)},
                                      {"lstrip", JsonValue(false)},
                                      {"rstrip", JsonValue(false)},
                                      {"normalized", JsonValue(false)},
                                      {"special", JsonValue(is_special)}});
    }
    return JsonValue(std::move(added));
}

JsonValue vocabulary_json(const TokenizerFile& tokenizer) {
    JsonObject vocabulary;
    vocabulary.reserve(tokenizer.tokens.size());
    for (std::size_t id = 0; id < tokenizer.tokens.size(); ++id) {
        if (tokenizer.tokens[id].type != TokenType::unused)
            vocabulary.emplace_back(tokenizer.tokens[id].text, number(id));
    }
    return JsonValue(std::move(vocabulary));
}

JsonValue merges_json(const TokenizerFile& tokenizer) {
    JsonArray merges;
    if (tokenizer.kind == TokenizerFile::Kind::byte_level) {
        merges.reserve(tokenizer.merges.size());
        for (const std::string& merge : tokenizer.merges)
            merges.push_back(text(merge));
        return JsonValue(std::move(merges));
    }
    std::vector<std::string_view> texts;
    std::vector<float> scores;
    for (const TokenizerToken& token : tokenizer.tokens) {
        if (token.type != TokenType::normal) continue;
        texts.emplace_back(token.text);
        scores.push_back(token.score);
    }
    for (auto& [left, right] : merges_of(texts, scores))
        merges.push_back(list({text(left), text(right)}));
    return JsonValue(std::move(merges));
}

/// The text of a special token, or "".
std::string special_text(const TokenizerFile& tokenizer, const char* name) {
    const auto found = tokenizer.special_ids.find(name);
    return found == tokenizer.special_ids.end() ? "" : tokenizer.tokens[found->second].text;
}

JsonValue post_processor_json(const TokenizerFile& tokenizer) {
    const std::string bos = tokenizer.adds_bos ? special_text(tokenizer, "bos") : "";
    const std::string eos = tokenizer.adds_eos ? special_text(tokenizer, "eos") : "";
    if (bos.empty() && eos.empty() && tokenizer.kind == TokenizerFile::Kind::byte_level)
        return of_type("ByteLevel",
                       {{"add_prefix_space", JsonValue(true)}, {"trim_offsets", JsonValue(false)}});
    JsonArray single;
    JsonArray pair;
    JsonObject special;
    const auto add = [&](JsonArray& parts, const char* kind, const std::string& id,
                         std::uint64_t type) {
        parts.emplace_back(
            JsonObject{{kind, JsonValue(JsonObject{{"id", text(id)}, {"type_id", number(type)}})}});
    };
    const auto add_special = [&](JsonArray& parts, const char* name, const std::string& token,
                                 std::uint64_t type) {
        if (token.empty()) return;
        add(parts, "SpecialToken", token, type);
        if (JsonValue(special).find(token) != nullptr) return;
        special.emplace_back(
            token, JsonValue(JsonObject{{"id", text(token)},
                                        {"ids", list({number(tokenizer.special_ids.at(name))})},
                                        {"tokens", list({text(token)})}}));
    };
    for (std::uint64_t type = 0; type < 2; ++type) {
        for (JsonArray* const parts : {&single, &pair}) {
            if (parts == &single && type == 1) continue;
            add_special(*parts, "bos", bos, type);
            add(*parts, "Sequence", type == 0 ? "A" : "B", type);
            add_special(*parts, "eos", eos, type);
        }
    }
    return of_type("TemplateProcessing", {{"single", JsonValue(std::move(single))},
                                          {"pair", JsonValue(std::move(pair))},
                                          {"special_tokens", JsonValue(std::move(special))}});
}

JsonValue replace_json(const char* what, const char* by) {
    return of_type("Replace", {{"pattern", JsonValue(JsonObject{{"String", text(what)}})},
                               {"content", text(by)}});
}

void add_sentencepiece(const TokenizerFile& tokenizer, JsonObject& json) {
    JsonArray normalizers;
    if (tokenizer.adds_space_prefix)
        normalizers.push_back(of_type("Prepend", {{"prepend", text(space_mark)}}));
    normalizers.push_back(replace_json(" ", space_mark));
    JsonArray decoders = {replace_json(space_mark, " "), of_type("ByteFallback"), of_type("Fuse")};
    if (tokenizer.adds_space_prefix)
        decoders.push_back(
            of_type("Strip", {{"content", text(" ")}, {"start", number(1)}, {"stop", number(0)}}));
    json.emplace_back("normalizer",
                      of_type("Sequence", {{"normalizers", JsonValue(std::move(normalizers))}}));
    json.emplace_back("pre_tokenizer", JsonValue());
    json.emplace_back("post_processor", post_processor_json(tokenizer));
    json.emplace_back("decoder",
                      of_type("Sequence", {{"decoders", JsonValue(std::move(decoders))}}));
}

void add_byte_level(const TokenizerFile& tokenizer, const TextSplit& split, JsonObject& json) {
    json.emplace_back("normalizer", JsonValue());
    json.emplace_back("pre_tokenizer", pre_tokenizer_of(split));
    json.emplace_back("post_processor", post_processor_json(tokenizer));
    json.emplace_back("decoder", of_type("ByteLevel", {{"add_prefix_space", JsonValue(true)},
                                                       {"trim_offsets", JsonValue(true)},
                                                       {"use_regex", JsonValue(true)}}));
}

}  // namespace

JsonValue config_json(const ModelConfig& config, const TokenizerFile& tokenizer,
                      const std::string& dtype) {
    JsonObject json;
    if (config.family == Family::gpt2) add_gpt2(config, json);
    if (config.family == Family::bloom) add_bloom(config, json);
    if (config.family == Family::llama) add_llama(config, json);
    json.emplace_back("vocab_size", number(config.n_vocab));
    json.emplace_back("tie_word_embeddings", JsonValue(config.is_tied));
    for (const char* const name : {"bos", "eos", "pad"}) {
        const auto found = tokenizer.special_ids.find(name);
        if (found != tokenizer.special_ids.end())
            json.emplace_back(std::string(name) + "_token_id", number(found->second));
    }
    json.emplace_back("torch_dtype", text(dtype));
    return JsonValue(std::move(json));
}

JsonValue tokenizer_json(const TokenizerFile& tokenizer) {
    const bool is_sentencepiece = tokenizer.kind == TokenizerFile::Kind::sentencepiece;
    JsonObject json = {{"version", text("1.0")},
                       {"truncation", JsonValue()},
                       {"padding", JsonValue()},
                       {"added_tokens", added_json(tokenizer)}};
    bool ignores_merges = false;
    if (is_sentencepiece) {
        add_sentencepiece(tokenizer, json);
    } else if (const auto split = text_split_named(tokenizer.split)) {
        ignores_merges = split->ignores_merges;
        add_byte_level(tokenizer, *split, json);
    }
    const std::string unknown = is_sentencepiece ? special_text(tokenizer, "unk") : "";
    json.emplace_back("model",
                      of_type("BPE", {{"dropout", JsonValue()},
                                      {"unk_token", unknown.empty() ? JsonValue() : text(unknown)},
                                      {"continuing_subword_prefix", JsonValue()},
                                      {"end_of_word_suffix", JsonValue()},
                                      {"fuse_unk", JsonValue(is_sentencepiece)},
                                      {"byte_fallback", JsonValue(is_sentencepiece)},
                                      {"ignore_merges", JsonValue(ignores_merges)},
                                      {"vocab", vocabulary_json(tokenizer)},
                                      {"merges", merges_json(tokenizer)}}));
    return JsonValue(std::move(json));
}

JsonValue tokenizer_config_json(const TokenizerFile& tokenizer, const ModelConfig& config) {
    JsonObject json;
    for (const char* const name : {"bos", "eos", "unk", "sep", "pad", "cls", "mask"}) {
        const std::string token = special_text(tokenizer, name);
        if (!token.empty()) json.emplace_back(std::string(name) + "_token", text(token));
    }
    json.emplace_back("clean_up_tokenization_spaces", JsonValue(false));
    json.emplace_back("model_max_length", number(config.window_tokens));
    json.emplace_back("tokenizer_class", text("PreTrainedTokenizerFast"));
    if (!tokenizer.chat_template.empty())
        json.emplace_back("chat_template", text(tokenizer.chat_template));
    return JsonValue(std::move(json));
}

}  // namespace fabula::model::hugging_face
