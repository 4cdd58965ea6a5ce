// SPDX-License-Identifier: 0BSD
// The flags of `fabula bench decode`.
#pragma once

#include "app/commands.h"

namespace fabula::app {

/// Adds `decode` to the verb `bench`.
void add_bench_decode(CLI::App& bench, Run& run);

}  // namespace fabula::app
