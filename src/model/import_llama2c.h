// SPDX-License-Identifier: 0BSD
// Reads llama2.c checkpoints (version 0: seven int32 and float32 tensors) with their tokenizer, and
// writes GGUF that llama.cpp loads. Foreign bytes: every size is held against the file's.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

enum class WeightType { f32, f16, q8_0, q4_0 };

/// "f32", "f16", "q8_0", "q4_0".
const char* name_of(WeightType type);
Result<WeightType> weight_type_named(std::string_view name);

struct ImportOptions {
    std::string name = "story model";  // general.name
    WeightType type = WeightType::q8_0;
    /// Hears the share done in [0, 1]; false stops (Error unavailable).
    std::function<bool(float)> on_progress = {};
};

struct ImportReport {
    std::string architecture;  // "llama", "gpt2", "bloom"
    std::size_t n_layer = 0;
    std::size_t n_embd = 0;
    std::size_t n_vocab = 0;
    std::size_t window_tokens = 0;
    bool tied_head = false;
    std::vector<std::string> kept_f16;  // tensors whose rows no block of the type divides
    std::vector<std::string> left_out;  // tensors of the source that the model does not read
    std::uint64_t size_bytes = 0;       // of the written file
};

/// Imports `checkpoint` with `tokenizer` into `out`, written beside it and renamed when complete.
/// A checkpoint path of the form "FILE:BEGIN:END" is a part of a file (bytes BEGIN inclusive to
/// END). The same input gives the same bytes. Errors: not_found, corrupt (naming the field and both
/// figures), invalid_input (a part that the file does not have), exhausted (no disk space),
/// conflict (`out` is a folder), unavailable (stopped, or a file that may not be read or written).
/// Nothing is left behind.
Result<ImportReport> import_llama2c(const std::string& checkpoint, const std::string& tokenizer,
                                    const std::string& out, const ImportOptions& options);

/// Parses without writing: what the fuzz target calls. Errors: corrupt.
Result<ImportReport> inspect_llama2c(std::span<const std::byte> checkpoint,
                                     std::span<const std::byte> tokenizer);

}  // namespace fabula::model
