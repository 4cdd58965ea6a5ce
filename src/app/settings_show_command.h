// SPDX-License-Identifier: 0BSD
// `fabula settings show` and `export`: what people picked, by step; `show NAME`: what a preset
// sets.
#pragma once

#include "app/commands.h"

namespace fabula::app {

void add_settings_show(CLI::App& settings, Run& run);

}  // namespace fabula::app
