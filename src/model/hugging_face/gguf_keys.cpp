// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/gguf_keys.h"

#include <string>
#include <vector>

namespace fabula::model::hugging_face {

void set_config(GgufHeader& gguf, const ModelConfig& config) {
    const std::string family = std::string(name_of(config.family)) + ".";
    const bool is_llama = config.family == Family::llama;
    gguf.set_number(family + "vocab_size", config.n_vocab);
    gguf.set_number(family + "context_length", config.window_tokens);
    gguf.set_number(family + "embedding_length", config.n_embd);
    gguf.set_number(family + "block_count", config.n_layer);
    gguf.set_number(family + "feed_forward_length", config.n_ff);
    gguf.set_number(family + "attention.head_count", config.n_head);
    gguf.set_number(family + "attention.head_count_kv", config.n_head_kv);
    gguf.set_real(
        family + (is_llama ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon"),
        config.epsilon);
    if (!is_llama) return;
    if (config.names_head_size) {
        gguf.set_number("llama.attention.key_length", config.head_size);
        gguf.set_number("llama.attention.value_length", config.head_size);
    }
    gguf.set_number("llama.rope.dimension_count", config.head_size);
    gguf.set_real("llama.rope.freq_base", config.rope_base);
    if (config.rope_scaling.kind == RopeScaling::Kind::linear) {
        gguf.set("llama.rope.scaling.type", "linear");
        gguf.set_real("llama.rope.scaling.factor", config.rope_scaling.factor);
    }
}

void set_tokenizer(GgufHeader& gguf, const TokenizerFile& tokenizer) {
    const bool is_sentencepiece = tokenizer.kind == TokenizerFile::Kind::sentencepiece;
    std::vector<std::string> texts;
    std::vector<float> scores;
    std::vector<std::int32_t> types;
    texts.reserve(tokenizer.tokens.size());
    scores.reserve(tokenizer.tokens.size());
    types.reserve(tokenizer.tokens.size());
    for (const TokenizerToken& token : tokenizer.tokens) {
        texts.push_back(token.text);
        scores.push_back(token.score);
        types.push_back(static_cast<std::int32_t>(token.type));
    }
    gguf.set("tokenizer.ggml.model", is_sentencepiece ? "llama" : "gpt2");
    gguf.set("tokenizer.ggml.pre", tokenizer.split);
    gguf.set_texts("tokenizer.ggml.tokens", texts);
    if (is_sentencepiece) gguf.set_reals("tokenizer.ggml.scores", scores);
    gguf.set_integers("tokenizer.ggml.token_type", types);
    if (!is_sentencepiece) gguf.set_texts("tokenizer.ggml.merges", tokenizer.merges);
    for (const auto& [ours, theirs] : special_token_names) {
        const auto found = tokenizer.special_ids.find(ours);
        if (found == tokenizer.special_ids.end()) continue;
        gguf.set_number(std::string("tokenizer.ggml.") + theirs + "_token_id", found->second);
    }
    gguf.set_flag("tokenizer.ggml.add_bos_token", tokenizer.adds_bos);
    gguf.set_flag("tokenizer.ggml.add_eos_token", tokenizer.adds_eos);
    if (is_sentencepiece)
        gguf.set_flag("tokenizer.ggml.add_space_prefix", tokenizer.adds_space_prefix);
    if (!tokenizer.chat_template.empty())
        gguf.set("tokenizer.chat_template", tokenizer.chat_template);
}

}  // namespace fabula::model::hugging_face
