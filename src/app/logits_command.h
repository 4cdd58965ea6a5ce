// SPDX-License-Identifier: 0BSD
// `fabula model logits` and `fabula model tokens`, which stand below `fabula model`.
#pragma once

#include "app/commands.h"
#include "base/token.h"

#include <cstddef>
#include <span>
#include <string>

namespace fabula::app {

void add_logits(CLI::App& model_command, Run& run);

/// What was computed, and by what.
struct LogitsReport {
    std::string model;
    std::string backend;
    std::string arithmetic;  // as ModelInfo has it
    std::size_t n_tokens = 0;
    std::size_t n_vocab = 0;
    std::size_t n_calls = 0;
    std::size_t computed_tokens = 0;  // evaluated in the calls; in side branches before is left out
};

std::string logits_as_text(const LogitsReport& report);
std::string logits_as_json(const LogitsReport& report);
std::string tokens_as_json(std::span<const TokenId> tokens);

}  // namespace fabula::app
