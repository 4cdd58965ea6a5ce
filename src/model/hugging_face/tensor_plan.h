// SPDX-License-Identifier: 0BSD
// Which tensor of a model folder becomes which tensor of a GGUF file, and how its numbers lie in
// it. The same plan read backwards is the export.
//
// Source: the layouts are those of transformers (modeling_gpt2.py, modeling_bloom.py,
// modeling_llama.py) on one side, and of llama.cpp's converter on the other.
#pragma once

#include "base/result.h"
#include "model/hugging_face/model_config.h"
#include "model/hugging_face/safetensors.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fabula::model::hugging_face {

enum class Layout {
    as_it_is,
    transposed,     // GPT-2's Conv1D keeps [n_in, n_out]
    rotary_pairs,   // Llama rotates the halves of a head, llama.cpp neighbours
    grouped_heads,  // BLOOM keeps query, key and value of a head together
};

struct PlannedTensor {
    std::string name;          // in the GGUF file
    std::string source;        // in the folder
    std::uint64_t n_rows = 1;  // of the GGUF tensor [n_rows, n_columns]; a vector has one row
    std::uint64_t n_columns = 0;
    bool is_vector = false;
    bool stays_f32 = false;  // of vectors, and of tables that are added up
    Layout layout = Layout::as_it_is;
    std::uint64_t n_heads = 0;  // of rotary_pairs and grouped_heads
};

/// The number in the folder's tensor of row `row` of the GGUF tensor (of number `row`, for a
/// vector). Requires a layout that is not transposed.
std::uint64_t source_row(const PlannedTensor& tensor, std::uint64_t row);

/// Rows, or numbers of a vector: what source_row permutes.
std::uint64_t n_lines(const PlannedTensor& tensor);

struct TensorPlan {
    std::vector<PlannedTensor> tensors;  // in the order of the file
    std::vector<std::string> left_out;   // of the folder: a head that the embeddings stand for
};

/// The plan for a folder with these tensors. Errors: corrupt: one that is missing or of another
/// shape; invalid_input: one that such a model does not have, by name, or whose numbers are of no
/// type that weights have.
Result<TensorPlan> plan_tensors(const ModelConfig& config,
                                const std::map<std::string, SafetensorsTensor>& tensors);

/// The tensors of such a model by the names that transformers writes, every one that may be there.
std::vector<PlannedTensor> all_tensors(const ModelConfig& config);

/// What each pair of a head is divided by before it is rotated [head_size / 2], for llama3's
/// scaling; else nothing. Source: transformers, modeling_rope_utils.py.
std::vector<float> rope_factors(const ModelConfig& config);

}  // namespace fabula::model::hugging_face
