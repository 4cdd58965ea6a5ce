// SPDX-License-Identifier: 0BSD
// Reads a PEFT adapter (adapter_config.json, adapter_model.safetensors) and writes the GGUF adapter
// that llama.cpp adds to a model.
#pragma once

#include "base/result.h"
#include "model/import_llama2c.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace fabula::model::hugging_face {

/// Whether there is an adapter_config.json in `folder`.
bool is_adapter(const std::string& folder);

struct AdapterReport {
    std::string architecture;
    std::size_t n_changed = 0;  // tensors of the base that it changes
    std::uint64_t rank = 0;
    std::uint64_t size_bytes = 0;
};

/// Imports the adapter in `folder` into `out`. `base` is the model that it was trained on: a model
/// folder (its config.json is enough) or a GGUF file; heads and sizes come from it. Errors: as
/// import_folder; invalid_input: what GGUF adapters cannot say, by name, or "" for a base.
Result<AdapterReport> import_adapter(const std::string& folder, const std::string& base,
                                     const std::string& out, const ImportOptions& options);

}  // namespace fabula::model::hugging_face
