// SPDX-License-Identifier: 0BSD
// Whether a sound GGUF file may be handed to llama.cpp. Each check stands for a place where
// llama.cpp (v0.5.0) asserts or divides by what the file says, or where its own message would not
// help a person.
#include "model/gguf_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

namespace fabula::model {
namespace {

constexpr std::uint64_t most_layers = 512;        // LLAMA_MAX_LAYERS
constexpr std::uint64_t most_experts = 1024;      // LLAMA_MAX_EXPERTS
constexpr std::uint64_t most_tokens = 1U << 24U;  // 64 times the largest vocabulary in use
constexpr std::uint64_t widest_row = 1U << 24U;
constexpr std::uint64_t longest_window = 1U << 30U;

/// What is wrong, or nothing.
using Problem = std::optional<std::string>;

/// The metadata of one architecture: keys without their "llama." in front.
class Keys {
public:
    Keys(const GgufFile& file, std::string architecture)
        : file_(file), architecture_(std::move(architecture)) {}

    std::string full(const std::string& key) const { return architecture_ + "." + key; }
    bool has(const std::string& key) const { return file_.has(full(key)); }
    /// Absent, or one value for each layer: these cannot be judged here.
    bool is_number(const std::string& key) const {
        return has(key) && file_.array(full(key)) == nullptr;
    }
    std::uint64_t number(const std::string& key, std::uint64_t otherwise = 0) const {
        return file_.number(full(key), otherwise);
    }

    Problem outside(const std::string& key, std::uint64_t least, std::uint64_t most) const {
        const std::uint64_t n = number(key, least == 0 ? most + 1 : 0);
        if (n >= least && n <= most) return std::nullopt;
        if (!has(key)) return "key '" + full(key) + "' is missing";
        return "key '" + full(key) + "' is not a number from " + std::to_string(least) + " to " +
               std::to_string(most);
    }

private:
    const GgufFile& file_;
    std::string architecture_;
};

Problem problem_of_sizes(const Keys& keys) {
    if (auto problem = keys.outside("context_length", 1, longest_window)) return problem;
    if (auto problem = keys.outside("embedding_length", 1, widest_row)) return problem;
    if (auto problem = keys.outside("block_count", 1, most_layers)) return problem;
    if (keys.has("nextn_predict_layers")) {
        return keys.outside("nextn_predict_layers", 0, keys.number("block_count"));
    }
    return std::nullopt;
}

/// Attention: heads that divide what they share, and a rotation that fits into a head.
Problem problem_of_heads(const Keys& keys) {
    if (!keys.is_number("attention.head_count")) return std::nullopt;
    const std::uint64_t n_embd = keys.number("embedding_length");
    if (auto problem = keys.outside("attention.head_count", 1, n_embd)) return problem;
    const std::uint64_t n_head = keys.number("attention.head_count");
    if (keys.is_number("attention.head_count_kv")) {
        if (auto problem = keys.outside("attention.head_count_kv", 1, n_head)) return problem;
        if (n_head % keys.number("attention.head_count_kv") != 0) {
            return "the heads of '" + keys.full("attention.head_count_kv") +
                   "' do not divide those of '" + keys.full("attention.head_count") + "'";
        }
    }
    for (const char* const key : {"attention.key_length", "attention.value_length"}) {
        if (!keys.has(key)) continue;
        if (auto problem = keys.outside(key, 1, widest_row)) return problem;
    }
    const std::uint64_t head = keys.number("attention.key_length", n_embd / n_head);
    if (!keys.has("rope.dimension_count")) return std::nullopt;
    if (auto problem = keys.outside("rope.dimension_count", 0, head)) return problem;
    if (keys.number("rope.dimension_count") % 2 != 0) {
        return "key '" + keys.full("rope.dimension_count") + "' is odd";
    }
    return std::nullopt;
}

Problem problem_of_experts(const Keys& keys) {
    if (keys.has("expert_count")) {
        if (auto problem = keys.outside("expert_count", 0, most_experts)) return problem;
    }
    const std::uint64_t n = keys.number("expert_count");
    if (keys.is_number("expert_used_count")) {
        if (auto problem = keys.outside("expert_used_count", n == 0 ? 0 : 1, n)) return problem;
    } else if (n > 0 && !keys.has("expert_used_count")) {
        return "key '" + keys.full("expert_used_count") + "' is missing";
    }
    if (!keys.has("expert_group_count")) return std::nullopt;
    if (auto problem = keys.outside("expert_group_count", 0, n == 0 ? 0 : n - 1)) return problem;
    const std::uint64_t n_groups = keys.number("expert_group_count");
    if (n_groups <= 1) return std::nullopt;
    if (n % n_groups != 0) return "the expert groups do not divide the experts";
    return keys.outside("expert_group_used_count", 1, n_groups - 1);
}

/// Real numbers that ggml asserts on, or that would make every logit NaN.
Problem problem_of_reals(const GgufFile& file, const Keys& keys) {
    struct Bound {
        const char* key;
        bool may_be_zero;
    };
    constexpr std::array<Bound, 4> bounds{{{"attention.layer_norm_rms_epsilon", true},
                                           {"attention.layer_norm_epsilon", true},
                                           {"rope.freq_base", false},
                                           {"rope.scaling.factor", true}}};
    for (const auto& bound : bounds) {
        const auto found = file.metadata.find(keys.full(bound.key));
        if (found == file.metadata.end()) continue;
        const auto* const value = std::get_if<double>(&found->second);
        const bool is_good = value != nullptr && std::isfinite(*value) &&
                             (*value > 0 || (bound.may_be_zero && *value == 0));
        if (!is_good) return "key '" + keys.full(bound.key) + "' is no number that it may be";
    }
    return std::nullopt;
}

Problem problem_of_enumerations(const GgufFile& file, const Keys& keys) {
    constexpr std::array<std::string_view, 4> scalings = {"none", "linear", "yarn", "longrope"};
    const std::string scaling = file.text(keys.full("rope.scaling.type"), "none");
    if (std::ranges::find(scalings, scaling) == scalings.end()) {
        return "key '" + keys.full("rope.scaling.type") + "' is '" + scaling + "'";
    }
    if (keys.has("pooling_type")) return keys.outside("pooling_type", 0, 4);
    return std::nullopt;
}

Problem problem_of_vocabulary(const GgufFile& file) {
    const GgufArray* const tokens = file.array("tokenizer.ggml.tokens");
    if (tokens == nullptr || tokens->type != "string" || tokens->length == 0 ||
        tokens->length > most_tokens) {
        return "key 'tokenizer.ggml.tokens' is not a list of 1 to " + std::to_string(most_tokens) +
               " strings";
    }
    const auto problem_of = [&](const char* key, std::string_view type) -> Problem {
        if (!file.has(key)) return std::nullopt;
        const GgufArray* const array = file.array(key);
        if (array != nullptr && array->type == type && array->length >= tokens->length)
            return std::nullopt;
        return "key '" + std::string(key) + "' is not a list of " + std::to_string(tokens->length) +
               " values of type " + std::string(type);
    };
    const GgufArray* const scores = file.array("tokenizer.ggml.scores");
    const bool whole = scores != nullptr && scores->type == "i32";  // some converters round them
    if (auto problem = problem_of("tokenizer.ggml.scores", whole ? "i32" : "f32")) return problem;
    if (auto problem = problem_of("tokenizer.ggml.token_type", "i32")) return problem;
    const GgufTensor* const embeddings = file.tensor("token_embd.weight");
    if (embeddings == nullptr || embeddings->shape.size() != 2 ||
        embeddings->shape[1] < tokens->length) {
        return "tensor 'token_embd.weight' does not have a row for each of " +
               std::to_string(tokens->length) + " tokens";
    }
    return std::nullopt;
}

/// Matrices of integers and of unknown types, and vectors of blocks, stop ggml in the middle of a
/// step.
Problem problem_of_weights(const GgufFile& file) {
    constexpr std::array<std::string_view, 5> no_weights = {"I8", "I16", "I64", "F64", "I32"};
    constexpr std::array<std::string_view, 3> vectors = {"F32", "F16", "BF16"};
    for (const GgufTensor& tensor : file.tensors) {
        if (tensor.type.starts_with("type ")) {
            return "tensor '" + tensor.name + "' is of " + tensor.type +
                   ", which ggml does not know";
        }
        if (!tensor.name.starts_with("blk.") && !tensor.name.starts_with("output") &&
            !tensor.name.starts_with("token_embd")) {
            continue;
        }
        const bool is_vector =
            std::ranges::count_if(tensor.shape, [](auto extent) { return extent > 1; }) <= 1;
        const bool wrong = is_vector
                               ? std::ranges::find(vectors, tensor.type) == vectors.end()
                               : std::ranges::find(no_weights, tensor.type) != no_weights.end();
        if (wrong) return "tensor '" + tensor.name + "' is of type " + tensor.type;
    }
    return std::nullopt;
}

/// A sound file that is no whole language model.
Problem problem_of_kind(const GgufFile& file) {
    const std::string kind = file.text("general.type", "model");
    if (kind != "model") return "it holds no model but '" + kind + "'";
    if (file.number("split.count", 1) > 1) {
        return "it is one of " + std::to_string(file.number("split.count")) +
               " parts; join them with llama-gguf-split --merge";
    }
    constexpr std::array<std::string_view, 3> tokenizers = {"llama", "gpt2", "gemma4"};
    const std::string tokenizer = file.text("tokenizer.ggml.model");
    if (!tokenizer.empty() && std::ranges::find(tokenizers, tokenizer) == tokenizers.end()) {
        return "its tokenizer is '" + tokenizer + "'; llama, gpt2 and gemma4 are supported";
    }
    return std::nullopt;
}

}  // namespace

std::string GgufFile::text(const std::string& key, const std::string& otherwise) const {
    const auto found = metadata.find(key);
    if (found == metadata.end()) return otherwise;
    const auto* const text = std::get_if<std::string>(&found->second);
    return text != nullptr ? *text : otherwise;
}

std::uint64_t GgufFile::number(const std::string& key, std::uint64_t otherwise) const {
    const auto found = metadata.find(key);
    if (found == metadata.end()) return otherwise;
    if (const auto* const n = std::get_if<std::uint64_t>(&found->second)) return *n;
    const auto* const n = std::get_if<std::int64_t>(&found->second);
    return n != nullptr && *n >= 0 ? static_cast<std::uint64_t>(*n) : otherwise;
}

const GgufArray* GgufFile::array(const std::string& key) const {
    const auto found = metadata.find(key);
    return found == metadata.end() ? nullptr : std::get_if<GgufArray>(&found->second);
}

const GgufTensor* GgufFile::tensor(const std::string& name) const {
    const auto found = std::ranges::find(tensors, name, &GgufTensor::name);
    return found == tensors.end() ? nullptr : &*found;
}

Result<Unit> check_runnable(const GgufFile& file, const std::string& name) {
    const std::string who = "model '" + name + "': ";
    if (const auto problem = problem_of_kind(file)) {
        return Error{ErrorCode::invalid_input, who + *problem};
    }
    for (const char* const key : {"general.architecture", "tokenizer.ggml.model"}) {
        if (file.text(key).empty()) {
            return Error{ErrorCode::corrupt, who + "key '" + key + "' is missing"};
        }
    }
    const Keys keys(file, file.text("general.architecture"));
    Problem problem = problem_of_sizes(keys);
    if (!problem) problem = problem_of_heads(keys);
    if (!problem) problem = problem_of_experts(keys);
    if (!problem) problem = problem_of_reals(file, keys);
    if (!problem) problem = problem_of_enumerations(file, keys);
    if (!problem) problem = problem_of_vocabulary(file);
    if (!problem) problem = problem_of_weights(file);
    if (problem) return Error{ErrorCode::corrupt, who + *problem};
    return Unit{};
}

}  // namespace fabula::model
