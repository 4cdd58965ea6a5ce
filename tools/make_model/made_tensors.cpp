// SPDX-License-Identifier: 0BSD
#include "make_model/made_tensors.h"

#include <utility>

namespace fabula::make_model {
namespace {

/// The tensors in the order of the file.
class List {
public:
    void matrix(const std::string& name, std::uint64_t n_columns, std::uint64_t n_rows) {
        tensors_.push_back({name + ".weight", n_columns, n_rows, Filling::weights, false});
    }
    void bias(const std::string& name, std::uint64_t n) {
        tensors_.push_back({name + ".bias", n, 1, Filling::biases, true});
    }
    void matrix_and_bias(const std::string& name, std::uint64_t n_columns, std::uint64_t n_rows) {
        matrix(name, n_columns, n_rows);
        bias(name, n_rows);
    }
    void gains(const std::string& name, std::uint64_t n, Filling filling = Filling::gains) {
        tensors_.push_back({name + ".weight", n, 1, filling, true});
    }
    void gains_and_bias(const std::string& name, std::uint64_t n,
                        Filling filling = Filling::gains) {
        gains(name, n, filling);
        bias(name, n);
    }
    void positions(std::uint64_t n_columns, std::uint64_t n_rows) {
        tensors_.push_back({"position_embd.weight", n_columns, n_rows, Filling::weights, true});
    }
    std::vector<MadeTensor> take() { return std::move(tensors_); }

private:
    std::vector<MadeTensor> tensors_;
};

/// A layer of BLOOM or GPT-2: one matrix for query, key and value, biases everywhere.
void add_fused_layer(List& list, const std::string& layer, const ModelShape& shape) {
    list.gains_and_bias(layer + "attn_norm", shape.n_embd);
    list.matrix_and_bias(layer + "attn_qkv", shape.n_embd, 3 * shape.n_embd);
    list.matrix_and_bias(layer + "attn_output", shape.n_embd, shape.n_embd);
    list.gains_and_bias(layer + "ffn_norm", shape.n_embd);
    list.matrix_and_bias(layer + "ffn_up", shape.n_embd, shape.n_ff);
    list.matrix_and_bias(layer + "ffn_down", shape.n_ff, shape.n_embd);
}

void add_llama_layer(List& list, const std::string& layer, const ModelShape& shape) {
    const std::uint64_t n_embd_kv = shape.n_embd / shape.n_head * shape.n_head_kv;
    list.gains(layer + "attn_norm", shape.n_embd);
    list.matrix(layer + "attn_q", shape.n_embd, shape.n_embd);
    list.matrix(layer + "attn_k", shape.n_embd, n_embd_kv);
    list.matrix(layer + "attn_v", shape.n_embd, n_embd_kv);
    list.matrix(layer + "attn_output", shape.n_embd, shape.n_embd);
    list.gains(layer + "ffn_norm", shape.n_embd);
    list.matrix(layer + "ffn_gate", shape.n_embd, shape.n_ff);
    list.matrix(layer + "ffn_up", shape.n_embd, shape.n_ff);
    list.matrix(layer + "ffn_down", shape.n_ff, shape.n_embd);
}

}  // namespace

std::vector<MadeTensor> tensors_of(const ModelShape& shape) {
    List list;
    const bool is_llama = shape.family == Family::llama;
    list.matrix("token_embd", shape.n_embd, shape.n_vocab);
    if (shape.family == Family::bloom)
        list.gains_and_bias("token_embd_norm", shape.n_embd, Filling::embedding_gains);
    if (shape.family == Family::gpt2) list.positions(shape.n_embd, shape.window_tokens);
    for (std::uint64_t i = 0; i < shape.n_layer; ++i) {
        const std::string layer = "blk." + std::to_string(i) + ".";
        is_llama ? add_llama_layer(list, layer, shape) : add_fused_layer(list, layer, shape);
    }
    is_llama ? list.gains("output_norm", shape.n_embd)
             : list.gains_and_bias("output_norm", shape.n_embd);
    if (!shape.tied_head) list.matrix("output", shape.n_embd, shape.n_vocab);
    return list.take();
}

}  // namespace fabula::make_model
