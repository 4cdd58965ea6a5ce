// SPDX-License-Identifier: 0BSD
// GGUF models of the families BLOOM, GPT-2 and Llama on our own decoder (decoder.h): the same bits
// whatever company a branch keeps. Text goes through llama.cpp's vocabulary.
#pragma once

#include "base/result.h"
#include "model/gguf_file.h"
#include "model/load.h"
#include "model/model.h"

#include <memory>
#include <string>

namespace fabula::model {

/// Loads `path`, whose header is `file`. Errors: invalid_input when another backend is needed or
/// the kernel cannot run here, else as load_model.
Result<std::unique_ptr<Model>> load_cpu(const std::string& path, const GgufFile& file,
                                        const LoadOptions& options);

}  // namespace fabula::model
