// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/gguf_config.h"

#include "model/hugging_face/gguf_keys.h"
#include "model/hugging_face/tensor_plan.h"
#include "model/hugging_face/text_split.h"

#include <ggml-cpp.h>
#include <gguf.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace fabula::model::hugging_face {
namespace {

std::optional<Family> family_named(const std::string& name) {
    for (const Family family : {Family::gpt2, Family::bloom, Family::llama}) {
        if (name == name_of(family)) return family;
    }
    return std::nullopt;
}

/// A number of single precision as people write it: 1e-05, not 9.99999974737875e-06.
double short_form(float number) {
    std::array<char, 64> text{};
    const auto written = std::to_chars(text.data(), text.data() + text.size(), number);
    double read = number;
    std::from_chars(text.data(), written.ptr, read);
    return read;
}

double real_in(const GgufFile& file, const std::string& key, double otherwise) {
    const auto found = file.metadata.find(key);
    const auto* const value =
        found == file.metadata.end() ? nullptr : std::get_if<double>(&found->second);
    return value == nullptr ? otherwise : short_form(static_cast<float>(*value));
}

Result<Unit> check_rope(const GgufFile& file, ModelConfig& config) {
    config.rope_base = real_in(file, "llama.rope.freq_base", 10000);
    const std::string scaling = file.text("llama.rope.scaling.type", "none");
    if (scaling == "linear") {
        config.rope_scaling.kind = RopeScaling::Kind::linear;
        config.rope_scaling.factor = real_in(file, "llama.rope.scaling.factor", 1);
    } else if (scaling != "none") {
        return Error{ErrorCode::invalid_input, "its RoPE is scaled by '" + scaling + "'"};
    }
    if (file.number("llama.rope.dimension_count", config.head_size) != config.head_size)
        return Error{ErrorCode::invalid_input, "its RoPE turns a part of each head"};
    for (const char* const key : {"llama.expert_count", "llama.attention.sliding_window"}) {
        if (file.number(key) > 0)
            return Error{ErrorCode::invalid_input, std::string("key '") + key + "' is set"};
    }
    return Unit{};
}

/// The array of texts under `key`, or nothing.
std::vector<std::string> texts_at(const gguf_context* gguf, const char* key) {
    const std::int64_t id = gguf_find_key(gguf, key);
    std::vector<std::string> texts;
    if (id < 0 || gguf_get_kv_type(gguf, id) != GGUF_TYPE_ARRAY ||
        gguf_get_arr_type(gguf, id) != GGUF_TYPE_STRING)
        return texts;
    const std::size_t n = gguf_get_arr_n(gguf, id);
    texts.reserve(n);
    for (std::size_t i = 0; i < n; ++i)
        texts.emplace_back(gguf_get_arr_str(gguf, id, i));
    return texts;
}

/// The array of numbers under `key`, or nothing.
template <typename T>
std::vector<T> numbers_at(const gguf_context* gguf, const char* key, gguf_type type) {
    const std::int64_t id = gguf_find_key(gguf, key);
    if (id < 0 || gguf_get_kv_type(gguf, id) != GGUF_TYPE_ARRAY ||
        gguf_get_arr_type(gguf, id) != type)
        return {};
    const auto* const data = static_cast<const T*>(gguf_get_arr_data(gguf, id));
    return {data, data + gguf_get_arr_n(gguf, id)};
}

Result<TokenType> type_of(std::int32_t number) {
    if (number >= static_cast<std::int32_t>(TokenType::normal) &&
        number <= static_cast<std::int32_t>(TokenType::byte))
        return static_cast<TokenType>(number);
    return Error{ErrorCode::corrupt, "a token of type " + std::to_string(number)};
}

Result<Unit> read_tokens(const gguf_context* gguf, TokenizerFile& tokenizer) {
    auto texts = texts_at(gguf, "tokenizer.ggml.tokens");
    const auto types = numbers_at<std::int32_t>(gguf, "tokenizer.ggml.token_type", GGUF_TYPE_INT32);
    const auto scores = numbers_at<float>(gguf, "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32);
    const bool is_sentencepiece = tokenizer.kind == TokenizerFile::Kind::sentencepiece;
    if (types.size() < texts.size() || (is_sentencepiece && scores.size() < texts.size()))
        return Error{ErrorCode::invalid_input, "not every token has a type and a score"};
    tokenizer.tokens.reserve(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto type = type_of(types[i]);
        if (!type) return type.error();
        tokenizer.tokens.push_back(
            {std::move(texts[i]), *type, is_sentencepiece ? scores[i] : 0.0F});
    }
    tokenizer.merges = texts_at(gguf, "tokenizer.ggml.merges");
    return Unit{};
}

void read_flags(const GgufFile& file, TokenizerFile& tokenizer) {
    const auto flag = [&](const char* key, bool otherwise) {
        const auto found = file.metadata.find(std::string("tokenizer.ggml.") + key);
        const auto* const value =
            found == file.metadata.end() ? nullptr : std::get_if<bool>(&found->second);
        return value != nullptr ? *value : otherwise;
    };
    // What llama.cpp takes where a file says nothing.
    const bool is_sentencepiece = tokenizer.kind == TokenizerFile::Kind::sentencepiece;
    tokenizer.adds_bos = flag("add_bos_token", is_sentencepiece || tokenizer.split == "llama-bpe");
    tokenizer.adds_eos = flag("add_eos_token", false);
    tokenizer.adds_space_prefix = flag("add_space_prefix", is_sentencepiece);
    for (const auto& [ours, theirs] : special_token_names) {
        const std::string key = std::string("tokenizer.ggml.") + theirs + "_token_id";
        const std::uint64_t id = file.number(key, tokenizer.tokens.size());
        if (id < tokenizer.tokens.size()) tokenizer.special_ids.emplace(ours, id);
    }
    tokenizer.chat_template = file.text("tokenizer.chat_template");
}

}  // namespace

Result<ModelConfig> config_of_gguf(const GgufFile& file) {
    const std::string architecture = file.text("general.architecture");
    const auto family = family_named(architecture);
    if (!family)
        return Error{ErrorCode::invalid_input,
                     "architecture '" + architecture + "' is not one of gpt2, bloom, llama"};
    const auto number = [&](const std::string& key, std::uint64_t otherwise = 0) {
        return file.number(architecture + "." + key, otherwise);
    };
    const bool is_llama = *family == Family::llama;
    ModelConfig config;
    config.family = *family;
    config.n_layer = number("block_count");
    config.n_embd = number("embedding_length");
    config.n_head = number("attention.head_count");
    config.n_head_kv = number("attention.head_count_kv", config.n_head);
    config.n_ff = number("feed_forward_length");
    config.window_tokens = number("context_length");
    if (config.n_layer == 0 || config.n_embd == 0 || config.n_head == 0 || config.n_head_kv == 0 ||
        config.n_ff == 0 || config.window_tokens == 0)
        return Error{ErrorCode::corrupt, "a size is missing or zero, or another in each layer"};
    config.names_head_size = file.has(architecture + ".attention.key_length");
    config.head_size = number("attention.key_length", config.n_embd / config.n_head);
    config.epsilon = real_in(file,
                             architecture + (is_llama ? ".attention.layer_norm_rms_epsilon"
                                                      : ".attention.layer_norm_epsilon"),
                             1e-5);
    config.is_tied = file.tensor("output.weight") == nullptr;
    const GgufTensor* const words = file.tensor("token_embd.weight");
    if (words == nullptr || words->shape.size() != 2)
        return Error{ErrorCode::corrupt, "tensor 'token_embd.weight' is missing or no matrix"};
    config.n_vocab = words->shape[1];
    if (is_llama) {
        if (auto sound = check_rope(file, config); !sound) return sound.error();
    }
    return config;
}

Result<RopeScaling> scaling_of_factors(const ModelConfig& config,
                                       const std::vector<float>& factors) {
    ModelConfig tried = config;
    RopeScaling& scaling = tried.rope_scaling;
    scaling.kind = RopeScaling::Kind::llama3;
    scaling.factor =
        factors.empty() ? 1.0 : static_cast<double>(*std::ranges::max_element(factors));
    const auto is_close = [](float a, float b) { return std::fabs(a - b) <= 1e-5F * std::fabs(b); };
    // The window that the model was first trained with: 8192 in Llama's own, else a power of two.
    std::vector<std::uint64_t> windows = {8192};
    windows.reserve(32);
    for (std::uint64_t window = 16; window <= 1U << 20U; window *= 2)
        windows.push_back(window);
    for (const std::uint64_t window : windows) {
        scaling.original_window_tokens = window;
        if (std::ranges::equal(rope_factors(tried), factors, is_close)) return scaling;
    }
    return Error{ErrorCode::invalid_input, "tensor 'rope_freqs.weight' is no scaling of Llama 3"};
}

Result<TokenizerFile> tokenizer_of_gguf(const std::string& path) {
    const auto file = inspect_gguf(path);
    if (!file) return file.error();
    TokenizerFile tokenizer;
    const std::string kind = file->text("tokenizer.ggml.model");
    tokenizer.split = file->text("tokenizer.ggml.pre", "default");
    if (kind == "llama") {
        tokenizer.kind = TokenizerFile::Kind::sentencepiece;
    } else if (kind != "gpt2") {
        return Error{ErrorCode::invalid_input, "tokenizer '" + kind + "' is not exported"};
    } else if (const auto split = text_split_named(tokenizer.split); !split) {
        return split.error();
    }
    const gguf_context_ptr gguf(gguf_init_from_file(path.c_str(), {/*no_alloc=*/true, nullptr}));
    if (gguf == nullptr) return Error{ErrorCode::corrupt, "ggml does not read its header"};
    if (auto read = read_tokens(gguf.get(), tokenizer); !read) return read.error();
    read_flags(*file, tokenizer);
    return tokenizer;
}

}  // namespace fabula::model::hugging_face
