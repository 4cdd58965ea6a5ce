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

/// More branches than this are refused.
constexpr std::size_t most_branches = 120;

struct LoadOptions {
    std::size_t n_branches = 8;     // most branches in one step, in [1, most_branches]
    std::size_t window_tokens = 0;  // 0: what the model was trained for, at most 8192; never more
    CacheType cache = CacheType::f16;
    bool flash_attention = true;   // exactness tests turn it off
    int n_threads = 0;             // 0: one for each 32 MiB of the file, at most one a core
    std::string hash_folder = {};  // where file hashes are remembered; "": default_hash_folder()
    std::function<bool(float)> on_progress = {};  // share loaded in [0, 1]; false stops
};

/// Loads `path`. The file is inspected first (`gguf_file.h`), so that a damaged one is refused, not
/// run. Errors: not_found, corrupt (not GGUF, truncated, or refused by llama.cpp, in its own
/// words), invalid_input (an architecture that llama.cpp does not know or that is no text
/// generator; options out of range), exhausted (larger than free memory, with the figures),
/// unavailable (stopped).
///
/// Of what it gives: `step` counts a token as cached when this call did not compute it for that
/// branch, so that computed and cached add up to the lengths of the branches.
Result<std::unique_ptr<Model>> load_llama(const std::string& path, const LoadOptions& options = {});

/// Version and processor features of the llama.cpp that is linked, for `doctor` and records.
std::string llama_version();

}  // namespace fabula::model
