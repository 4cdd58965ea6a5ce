// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/tensor_plan.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <set>
#include <string_view>
#include <utility>

namespace fabula::model::hugging_face {
namespace {

/// Lists the tensors of a family, names in the folder without what stands before all of them.
class Lister {
public:
    explicit Lister(const ModelConfig& config) : config_(config) {}

    std::vector<PlannedTensor> list() {
        switch (config_.family) {
            case Family::gpt2:
                list_gpt2();
                break;
            case Family::bloom:
                list_bloom();
                break;
            case Family::llama:
                list_llama();
                break;
        }
        return std::move(tensors_);
    }

private:
    void matrix(const std::string& name, const std::string& source, std::uint64_t n_rows,
                std::uint64_t n_columns, Layout layout = Layout::as_it_is) {
        PlannedTensor tensor{name + ".weight", source + ".weight", n_rows, n_columns};
        tensor.layout = layout;
        tensor.n_heads = config_.n_head;
        tensors_.push_back(std::move(tensor));
    }
    void vector(const std::string& name, const std::string& source, std::uint64_t n) {
        PlannedTensor tensor{name, source, 1, n};
        tensor.is_vector = true;
        tensor.stays_f32 = true;
        tensors_.push_back(std::move(tensor));
    }
    void norm(const std::string& name, const std::string& source) {
        vector(name + ".weight", source + ".weight", config_.n_embd);
        if (config_.family != Family::llama)
            vector(name + ".bias", source + ".bias", config_.n_embd);
    }
    /// Biases are permuted as the rows are, and never transposed.
    void linear(const std::string& name, const std::string& source, std::uint64_t n_out,
                std::uint64_t n_in, Layout layout = Layout::as_it_is) {
        matrix(name, source, n_out, n_in, layout);
        vector(name + ".bias", source + ".bias", n_out);
        tensors_.back().layout = layout == Layout::transposed ? Layout::as_it_is : layout;
        tensors_.back().n_heads = config_.n_head;
    }

    void list_gpt2() {
        const std::uint64_t n = config_.n_embd;
        matrix("token_embd", "wte", config_.n_vocab, n);
        matrix("position_embd", "wpe", config_.window_tokens, n);
        tensors_.back().stays_f32 = true;
        for (std::uint64_t i = 0; i < config_.n_layer; ++i) {
            const std::string to = "blk." + std::to_string(i) + ".";
            const std::string from = "h." + std::to_string(i) + ".";
            norm(to + "attn_norm", from + "ln_1");
            linear(to + "attn_qkv", from + "attn.c_attn", 3 * n, n, Layout::transposed);
            linear(to + "attn_output", from + "attn.c_proj", n, n, Layout::transposed);
            norm(to + "ffn_norm", from + "ln_2");
            linear(to + "ffn_up", from + "mlp.c_fc", config_.n_ff, n, Layout::transposed);
            linear(to + "ffn_down", from + "mlp.c_proj", n, config_.n_ff, Layout::transposed);
        }
        norm("output_norm", "ln_f");
    }

    void list_bloom() {
        const std::uint64_t n = config_.n_embd;
        matrix("token_embd", "word_embeddings", config_.n_vocab, n);
        norm("token_embd_norm", "word_embeddings_layernorm");
        for (std::uint64_t i = 0; i < config_.n_layer; ++i) {
            const std::string to = "blk." + std::to_string(i) + ".";
            const std::string from = "h." + std::to_string(i) + ".";
            norm(to + "attn_norm", from + "input_layernorm");
            linear(to + "attn_qkv", from + "self_attention.query_key_value", 3 * n, n,
                   Layout::grouped_heads);
            linear(to + "attn_output", from + "self_attention.dense", n, n);
            norm(to + "ffn_norm", from + "post_attention_layernorm");
            linear(to + "ffn_up", from + "mlp.dense_h_to_4h", config_.n_ff, n);
            linear(to + "ffn_down", from + "mlp.dense_4h_to_h", n, config_.n_ff);
        }
        norm("output_norm", "ln_f");
    }

    void list_llama() {
        const std::uint64_t n = config_.n_embd;
        const std::uint64_t n_q = config_.n_head * config_.head_size;
        const std::uint64_t n_kv = config_.n_head_kv * config_.head_size;
        matrix("token_embd", "embed_tokens", config_.n_vocab, n);
        for (std::uint64_t i = 0; i < config_.n_layer; ++i) {
            const std::string to = "blk." + std::to_string(i) + ".";
            const std::string from = "layers." + std::to_string(i) + ".";
            norm(to + "attn_norm", from + "input_layernorm");
            linear(to + "attn_q", from + "self_attn.q_proj", n_q, n, Layout::rotary_pairs);
            linear(to + "attn_k", from + "self_attn.k_proj", n_kv, n, Layout::rotary_pairs);
            for (std::size_t last = tensors_.size() - 2; last < tensors_.size(); ++last)
                tensors_[last].n_heads = config_.n_head_kv;
            linear(to + "attn_v", from + "self_attn.v_proj", n_kv, n);
            linear(to + "attn_output", from + "self_attn.o_proj", n, n_q);
            norm(to + "ffn_norm", from + "post_attention_layernorm");
            linear(to + "ffn_gate", from + "mlp.gate_proj", config_.n_ff, n);
            linear(to + "ffn_up", from + "mlp.up_proj", config_.n_ff, n);
            linear(to + "ffn_down", from + "mlp.down_proj", n, config_.n_ff);
        }
        norm("output_norm", "norm");
    }

    const ModelConfig& config_;
    std::vector<PlannedTensor> tensors_;
};

/// Llama's linear layers may have biases; every other tensor of a family is always there.
bool may_be_missing(const ModelConfig& config, const PlannedTensor& tensor) {
    return config.family == Family::llama && tensor.source.ends_with(".bias");
}

/// What older versions of transformers kept beside the weights: masks and tables that the config
/// says again.
bool is_no_weight(const ModelConfig& config, std::string_view name) {
    if (config.family == Family::llama) return name.ends_with(".rotary_emb.inv_freq");
    return config.family == Family::gpt2 &&
           (name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias"));
}

std::string readable(const std::vector<std::uint64_t>& shape) {
    std::string text;
    for (const std::uint64_t extent : shape)
        text += (text.empty() ? "" : ", ") + std::to_string(extent);
    return "[" + text + "]";
}

std::vector<std::uint64_t> source_shape(const PlannedTensor& tensor) {
    if (tensor.is_vector) return {tensor.n_columns};
    if (tensor.layout == Layout::transposed) return {tensor.n_columns, tensor.n_rows};
    return {tensor.n_rows, tensor.n_columns};
}

Result<Unit> check(const PlannedTensor& planned, const SafetensorsTensor& found) {
    const auto expected = source_shape(planned);
    if (found.shape != expected) {
        return Error{ErrorCode::corrupt, "tensor '" + planned.source + "' is " +
                                             readable(found.shape) + ", expected " +
                                             readable(expected)};
    }
    if (is_weight_dtype(found.dtype)) return Unit{};
    return Error{ErrorCode::invalid_input, "tensor '" + planned.source + "' is of dtype " +
                                               found.dtype + " (F32, F16, BF16 and F64 are read)"};
}

std::string prefix_of(const ModelConfig& config,
                      const std::map<std::string, SafetensorsTensor>& tensors,
                      const std::string& first) {
    const std::string prefix = config.family == Family::llama ? "model." : "transformer.";
    return tensors.contains(prefix + first) ? prefix : "";
}

/// The head where the folder has one. With tied embeddings transformers does not read it.
void plan_head(const ModelConfig& config, const std::map<std::string, SafetensorsTensor>& tensors,
               TensorPlan& plan) {
    if (config.is_tied) {
        if (tensors.contains("lm_head.weight")) plan.left_out.emplace_back("lm_head.weight");
        return;
    }
    plan.tensors.push_back({"output.weight", "lm_head.weight", config.n_vocab, config.n_embd});
}

}  // namespace

std::uint64_t n_lines(const PlannedTensor& tensor) {
    return tensor.is_vector ? tensor.n_columns : tensor.n_rows;
}

std::uint64_t source_row(const PlannedTensor& tensor, std::uint64_t row) {
    assert(tensor.layout != Layout::transposed);
    if (tensor.layout == Layout::as_it_is) return row;
    const std::uint64_t n = n_lines(tensor);
    if (tensor.layout == Layout::rotary_pairs) {
        const std::uint64_t size = n / tensor.n_heads;
        const std::uint64_t head = row / size;
        const std::uint64_t at = row % size;
        return head * size + (at % 2) * (size / 2) + at / 2;
    }
    const std::uint64_t size = n / 3 / tensor.n_heads;
    const std::uint64_t part = row / (n / 3);
    const std::uint64_t head = row % (n / 3) / size;
    return (head * 3 + part) * size + row % size;
}

std::vector<PlannedTensor> all_tensors(const ModelConfig& config) {
    auto tensors = Lister(config).list();
    const std::string prefix = config.family == Family::llama ? "model." : "transformer.";
    for (PlannedTensor& tensor : tensors)
        tensor.source.insert(0, prefix);
    if (!config.is_tied)
        tensors.push_back({"output.weight", "lm_head.weight", config.n_vocab, config.n_embd});
    return tensors;
}

Result<TensorPlan> plan_tensors(const ModelConfig& config,
                                const std::map<std::string, SafetensorsTensor>& tensors) {
    TensorPlan plan;
    plan.tensors = Lister(config).list();
    const std::string prefix = prefix_of(config, tensors, plan.tensors.front().source);
    for (PlannedTensor& tensor : plan.tensors)
        tensor.source.insert(0, prefix);
    std::erase_if(plan.tensors, [&](const PlannedTensor& tensor) {
        return may_be_missing(config, tensor) && !tensors.contains(tensor.source);
    });
    plan_head(config, tensors, plan);
    std::set<std::string> taken(plan.left_out.begin(), plan.left_out.end());
    for (const PlannedTensor& tensor : plan.tensors) {
        const auto found = tensors.find(tensor.source);
        if (found == tensors.end())
            return Error{ErrorCode::corrupt, "tensor '" + tensor.source + "' is missing"};
        if (auto sound = check(tensor, found->second); !sound) return sound.error();
        taken.insert(tensor.source);
    }
    for (const auto& [name, tensor] : tensors) {
        if (taken.contains(name) || is_no_weight(config, name)) continue;
        return Error{ErrorCode::invalid_input,
                     "tensor '" + name + "' is none of a " + name_of(config.family) + " model"};
    }
    return plan;
}

std::vector<float> rope_factors(const ModelConfig& config) {
    const RopeScaling& scaling = config.rope_scaling;
    if (scaling.kind != RopeScaling::Kind::llama3) return {};
    const auto window = static_cast<double>(scaling.original_window_tokens);
    std::vector<float> factors;
    factors.reserve(config.head_size / 2);
    for (std::uint64_t i = 0; i < config.head_size; i += 2) {
        const double exponent = static_cast<double>(i) / static_cast<double>(config.head_size);
        const double wavelength = 2 * std::numbers::pi * std::pow(config.rope_base, exponent);
        double factor = 1;
        if (wavelength > window / scaling.low_frequency_factor) {
            factor = scaling.factor;
        } else if (wavelength >= window / scaling.high_frequency_factor) {
            const double smooth = (window / wavelength - scaling.low_frequency_factor) /
                                  (scaling.high_frequency_factor - scaling.low_frequency_factor);
            factor = 1 / ((1 - smooth) / scaling.factor + smooth);
        }
        factors.push_back(static_cast<float>(factor));
    }
    return factors;
}

}  // namespace fabula::model::hugging_face
