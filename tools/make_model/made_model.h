// SPDX-License-Identifier: 0BSD
// A whole model file made from a seed: random weights in the tensors, metadata and vocabulary that
// llama.cpp expects of the family. It writes nonsense, at the speed and with the numerics of a real
// one. The same wishes give the same bytes; quantised, with the same build of llama.cpp.
#pragma once

#include "base/result.h"
#include "make_model/made_shape.h"
#include "make_model/made_type.h"

#include <array>
#include <cstdint>
#include <functional>
#include <string>

namespace fabula::make_model {

struct MadeModel {
    ModelShape shape;
    MadeType type = {};
    std::uint64_t seed = 1;
    // The gains of six channels, the same in every norm that stands before a matrix, are 20 times
    // as large; nothing else changes.
    bool outliers = false;
    int n_threads = 0;                            // of the quantiser; 0: one a core
    std::function<void(float)> on_progress = {};  // share of the work in [0, 1]
};

/// Writes the GGUF file `out`, which appears when it is finished. Quantised types are written as
/// F16 first, beside it, and given to llama.cpp's quantiser; the positions of gpt2, biases and
/// norms stay F32. Holds a few rows at a time. Errors: invalid_input (a shape out of range),
/// not_found (no such folder), conflict (`out` is a folder), exhausted (disk space, memory),
/// unavailable. Nothing is left behind.
Result<Unit> write_made_model(const MadeModel& wanted, const std::string& out);

/// What stands beside `out` while this process writes it: for whoever must end it in between.
std::array<std::string, 2> unfinished_files(const std::string& out);

}  // namespace fabula::make_model
