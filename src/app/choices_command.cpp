// SPDX-License-Identifier: 0BSD
#include "app/commands.h"

#include <CLI/CLI.hpp>

namespace fabula::app {

void add_choices(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand(
        "choices", "what people picked: look at it, and import histories of others");
    command->require_subcommand(1);
    command->footer(R"(Examples:
  fabula choices report --out report
  fabula choices import stories.json --dry-run
  fabula choices import stories.json --map map.json)");
    add_choices_report(*command, run);
    add_choices_import(*command, run);
}

}  // namespace fabula::app
