// SPDX-License-Identifier: 0BSD
// `fabula model import` and `fabula model export`, which stand below `fabula model`.
#pragma once

#include "app/commands.h"

namespace fabula::app {

void add_model_import(CLI::App& model_command, Run& run);
void add_model_export(CLI::App& model_command, Run& run);

}  // namespace fabula::app
