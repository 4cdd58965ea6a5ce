// SPDX-License-Identifier: 0BSD
// Opens a model file on the backend that runs it best: our own decoder (cpu/) where it knows the
// architecture, else llama.cpp (llama/).
#pragma once

#include "base/result.h"
#include "model/gguf_file.h"
#include "model/model.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace fabula::model {

/// Numbers of the key-value cache. The bits of logits depend on it.
enum class CacheType { f16, f32 };
/// "f16", "f32".
const char* name_of(CacheType type);
Result<CacheType> cache_type_named(std::string_view name);

/// Which decoder. `automatic` is cpu wherever cpu knows the model, else llama.
enum class Backend { automatic, cpu, llama };
/// "auto", "cpu", "llama".
const char* name_of(Backend backend);
Result<Backend> backend_named(std::string_view name);

struct LoadOptions {
    std::size_t n_branches = 8;     // most branches in one step, at least 1; llama: at most 120
    std::size_t window_tokens = 0;  // 0: what the model was trained for, at most 8192; never more
    CacheType cache = CacheType::f16;
    bool flash_attention = true;    // llama only; exactness tests turn it off
    std::string kernel = {};        // cpu only: "avx512", "avx2", "portable"; "": the best here
    int n_threads = 0;              // 0: as many as the file's size is worth, at most one a core
    std::uint64_t cache_bytes = 0;  // cpu only: budget of memory for its pages; 0: see load_cpu
    std::string page_folder = {};   // cpu only: where pages go on disk; "": nowhere
    /// cpu only: what is kept is written after so many seconds at the latest, and when the model is
    /// closed; a process that is killed loses no more.
    double page_folder_seconds = 20;
    std::uint64_t page_folder_bytes = 0;  // cpu only: most that all files there may take
    std::string hash_folder = {};  // where file hashes are remembered; "": default_hash_folder()
    std::function<bool(float)> on_progress = {};  // share loaded in [0, 1]; false stops
};

/// Which backend runs a file, and why, in a few words for people.
struct BackendChoice {
    Backend backend = Backend::llama;  // never automatic
    std::string reason;
};
BackendChoice choose_backend(const GgufFile& file);

/// Loads `path`. The file is inspected first (`gguf_file.h`), so that a damaged one is refused, not
/// run. Errors: not_found, corrupt (not GGUF, truncated, or weights that do not fit together),
/// invalid_input (an architecture that the backend does not know or that is no text generator;
/// options out of range), exhausted (larger than free memory, with the figures), unavailable
/// (stopped).
Result<std::unique_ptr<Model>> load_model(const std::string& path, Backend backend,
                                          const LoadOptions& options = {});

}  // namespace fabula::model
