// SPDX-License-Identifier: 0BSD
// What llama.cpp would print. It goes nowhere but here: a person sees our one line, which may quote
// the first thing that llama.cpp complained of on this thread.
#pragma once

#include <string>

namespace fabula::model {

/// Sends llama.cpp's and ggml's log here, once for the process.
void capture_foreign_log();

/// Forgets what was complained of on this thread.
void forget_foreign_complaint();

/// The first error since then, one line, without the name of the function in front; "" when none.
std::string foreign_complaint();

}  // namespace fabula::model
