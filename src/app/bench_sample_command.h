// SPDX-License-Identifier: 0BSD
// `fabula bench sample` on the command line.
#pragma once

#include "app/commands.h"

namespace fabula::app {

/// Adds `sample` to the subcommands of `bench`.
void add_bench_sample(CLI::App& bench, Run& run);

}  // namespace fabula::app
