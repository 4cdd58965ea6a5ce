// SPDX-License-Identifier: 0BSD
// The flags of `fabula bench journey` and `fabula bench reopen`.
#pragma once

#include "app/commands.h"

namespace fabula::app {

/// Adds both to the verb `bench`.
void add_bench_journey(CLI::App& bench, Run& run);

}  // namespace fabula::app
