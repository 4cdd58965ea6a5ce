// SPDX-License-Identifier: 0BSD
// Reads a model folder as transformers writes it (config.json, safetensors, a tokenizer) and writes
// GGUF that llama.cpp and our own decoder load. Foreign bytes: nothing is believed before it is
// checked.
#pragma once

#include "base/result.h"
#include "model/import_llama2c.h"

#include <string>

namespace fabula::model::hugging_face {

/// Imports the model in `folder` into `out`, written beside it and renamed when complete. Some rows
/// of one tensor are in memory at a time. The same input gives the same bytes. Errors: not_found,
/// corrupt, invalid_input (what would not be the same model in GGUF, by name), exhausted (no disk
/// space, memory), conflict (`out` is a folder), unavailable (stopped, or a file that may not be
/// read or written). Nothing is left behind.
Result<ImportReport> import_folder(const std::string& folder, const std::string& out,
                                   const ImportOptions& options);

/// Whether `path` is a folder, or a safetensors file or a config.json in one; then that folder.
/// "" for anything else.
std::string model_folder_of(const std::string& path);

}  // namespace fabula::model::hugging_face
