// SPDX-License-Identifier: 0BSD
// The verbs of `fabula settings` for presets: list, save, remove, import; and schema.
#pragma once

#include "app/commands.h"

namespace fabula::app {

/// Adds them to the verb `settings`.
void add_presets(CLI::App& settings, Run& run);

}  // namespace fabula::app
