// SPDX-License-Identifier: 0BSD
// Any GGUF model through llama.cpp. The words it gives are the same for the same calls on the same
// machine; a branch's logits may differ in the last bits with the company it keeps.
#pragma once

#include "model/model.h"

#include <functional>
#include <memory>
#include <string>

namespace fabula::model {

enum class CacheType { f16, f32 };

struct LoadOptions {
    std::size_t n_branches = 8;     // most branches in one step
    std::size_t window_tokens = 0;  // 0: what the model was trained for
    CacheType cache = CacheType::f16;
    bool flash_attention = true;    // exactness tests turn it off
    int n_threads = 0;              // 0: as many as there are cores
    std::function<bool(float)> on_progress;  // share loaded in [0, 1]; false stops
};

/// Loads `path`. The file is inspected first (`gguf_file.h`), so that a damaged one is refused, not run.
/// Errors: not_found, corrupt (not GGUF, truncated), invalid_input (an architecture that llama.cpp does not
/// know), exhausted (larger than free memory, with the figures), unavailable (llama.cpp's own words).
Result<std::unique_ptr<Model>> load_llama(const std::string& path, const LoadOptions& options = {});

/// Version and processor features of the llama.cpp that is linked, for `doctor` and records.
std::string llama_version();

}  // namespace fabula::model
