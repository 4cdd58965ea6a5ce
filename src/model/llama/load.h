// SPDX-License-Identifier: 0BSD
// Any GGUF model through llama.cpp. The words it gives are the same for the same calls on the same
// machine; a branch's logits may differ in the last bits with the company it keeps.
#pragma once

#include "model/load.h"
#include "model/model.h"

#include <memory>
#include <string>

namespace fabula::model {

/// More branches than this are refused.
constexpr std::size_t most_branches = 120;

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
