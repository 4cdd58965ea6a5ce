// SPDX-License-Identifier: 0BSD
#include "app/commands.h"

#include <CLI/CLI.hpp>

namespace fabula::app {

void add_choices(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand("choices", "what people picked: import histories of others");
    command->require_subcommand(1);
    command->footer(R"(Examples:
  fabula choices import stories.json --dry-run
  fabula choices import stories.json --map map.json)");
    add_choices_import(*command, run);
}

}  // namespace fabula::app
