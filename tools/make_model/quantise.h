// SPDX-License-Identifier: 0BSD
// llama.cpp's own quantiser over a whole file, so that whoever reads the result reads the same
// bytes. Speaks for the process while it runs: llama.cpp has one log, which tells how far it is.
#pragma once

#include "base/result.h"
#include "make_model/made_tensors.h"
#include "make_model/made_type.h"

#include <functional>
#include <span>
#include <string>

namespace fabula::make_model {

struct Quantising {
    std::string from;  // a GGUF file of F32, F16 or BF16
    std::string to;    // written over
    MadeType type;
    std::span<const MadeTensor> tensors;  // of `from`
    int n_threads = 0;                    // 0: one a core; the bytes are the same for any
    std::function<void(float)> on_progress = {};
};

/// Types that want an importance matrix get one in which all columns are of equal importance.
/// Errors: exhausted (no disk space), unavailable, in llama.cpp's words.
Result<Unit> quantise(const Quantising& wanted);

}  // namespace fabula::make_model
