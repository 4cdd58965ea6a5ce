// SPDX-License-Identifier: 0BSD
// The only place that picks a backend: from what a person calls a model to the thing that runs it.
#pragma once

#include "app/configuration.h"
#include "base/result.h"
#include "model/generator.h"
#include "model/load.h"
#include "model/model.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace fabula::app {

/// The file that `name` means: a path (with a slash or ending in .gguf), the name of a file in the
/// models folder with or without .gguf, or an unambiguous beginning of one. Errors: not_found
/// (naming the folder and what to do), invalid_input (several begin so).
Result<std::string> find_model(const std::string& name);

/// The GGUF files of the models folder, sorted by name.
std::vector<std::string> installed_models();

struct OpenOptions {
    std::size_t n_branches = 8;  // most candidates in one step
    int n_threads = 0;           // 0: one for each 32 MiB of the file, at most one a core
    model::Backend backend = model::Backend::automatic;
    model::CacheType cache = model::CacheType::f16;
    std::string kernel = {};        // of backend cpu; "": the best here
    std::uint64_t cache_bytes = 0;  // of memory; 0: what is needed
    std::string pages = {};         // where pages are on disk; "": pages_folder()
    std::uint64_t cache_disk_bytes =
        0;  // of all models' pages on disk; 0: none are written or read
};

/// What the keys `threads`, `backend`, `kernel`, `cache_type`, `cache_mib` and `cache_disk_mib`
/// say. Errors: invalid_input, naming where the value was set.
Result<OpenOptions> open_options(const Configuration& configuration);

/// The options under which a model computes with `arithmetic` (ModelInfo::arithmetic, as "cpu
/// avx512 f16"); what it does not say is as in `options`. Errors: invalid_input for words that this
/// fabula does not know.
Result<OpenOptions> options_as(const std::string& arithmetic, OpenOptions options);

/// Opens `name` ("scripted:FILE" for a script), with progress on stderr.
/// Errors: as find_model and model::load_model.
Result<std::unique_ptr<model::Model>> open_model(const std::string& name,
                                                 const OpenOptions& options);

}  // namespace fabula::app
