// SPDX-License-Identifier: 0BSD
// Writes a GGUF model of the GPT-2, BLOOM and Llama families as a model folder that transformers
// loads: config.json, model.safetensors, tokenizer.json, tokenizer_config.json.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace fabula::model::hugging_face {

struct ExportReport {
    std::string architecture;
    std::size_t n_tensors = 0;
    std::string dtype;             // of the embeddings: "float32", "float16", "bfloat16"
    std::uint64_t size_bytes = 0;  // of the weights
};

/// Writes `folder`, which is made where it is missing and must be empty. F32, F16 and BF16 tensors
/// stay what they are, quantised ones become F32, so that no number changes. Some rows are in
/// memory at a time, for GPT-2 one tensor. `on_progress` hears the share done in [0, 1]; false
/// stops. Errors: as inspect_gguf; invalid_input (a model that such a folder would not say, by
/// name), conflict (the folder is not empty), exhausted, unavailable (stopped, or it may not be
/// written). After an error the folder has no config.json, so that nothing takes it for a model.
Result<ExportReport> export_folder(const std::string& model, const std::string& folder,
                                   const std::function<bool(float)>& on_progress);

}  // namespace fabula::model::hugging_face
