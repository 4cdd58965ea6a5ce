// SPDX-License-Identifier: 0BSD
#include "app/commands.h"

#include <CLI/CLI.hpp>

namespace fabula::app {

void add_choices(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand("choices", "what people picked: look at it");
    command->require_subcommand(1);
    command->footer(R"(Examples:
  fabula choices report --out report)");
    add_choices_report(*command, run);
}

}  // namespace fabula::app
