// SPDX-License-Identifier: 0BSD
// The two verbs of `fabula evaluate`, and what they share.
#pragma once

#include "app/commands.h"
#include "base/result.h"
#include "evaluate/readers.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace fabula::app {

struct EvaluateArguments {
    std::string readers;  // a file; "" for those that are shipped
    std::size_t stories = 1000;
    std::size_t seeds = 20;
    std::size_t steps = 8;
    std::size_t candidates = 3;
    std::uint64_t seed = 1;
    std::size_t jobs = 0;  // threads; 0: as many as the machine has
    bool json = false;
};

/// Flags of both verbs. `arguments` must outlive the parse.
void add_evaluate_flags(CLI::App& verb, EvaluateArguments& arguments);

/// Errors: those of read_file and readers_from_json, naming the file.
Result<std::vector<evaluate::Reader>> readers_of(const EvaluateArguments& arguments);

std::size_t threads_of(const EvaluateArguments& arguments);

void add_evaluate_policies(CLI::App& evaluate, Run& run);
void add_evaluate_off_policy(CLI::App& evaluate, Run& run);

}  // namespace fabula::app
