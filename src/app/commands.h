// SPDX-License-Identifier: 0BSD
// The verbs of the command line. Each file NAME_command.cpp adds one to the parser and sets what
// runs when it was called.
#pragma once

#include <functional>

namespace CLI {  // NOLINT(readability-identifier-naming): the library is called so
class App;
}

namespace fabula::app {

/// What the chosen verb does; its result is the exit status.
using Run = std::function<int()>;

void add_write(CLI::App& app, Run& run);
void add_choose(CLI::App& app, Run& run);
void add_serve(CLI::App& app, Run& run);
void add_story(CLI::App& app, Run& run);
/// `replay`, one of the verbs of `story`.
void add_replay(CLI::App& story, Run& run);
/// `why`, another.
void add_why(CLI::App& story, Run& run);
void add_choices(CLI::App& app, Run& run);
/// `report` and `import`, verbs of `choices`.
void add_choices_report(CLI::App& choices, Run& run);
void add_choices_import(CLI::App& choices, Run& run);
void add_model(CLI::App& app, Run& run);
void add_cache(CLI::App& app, Run& run);
void add_bench(CLI::App& app, Run& run);
void add_settings(CLI::App& app, Run& run);
void add_config(CLI::App& app, Run& run);
void add_dataset(CLI::App& app, Run& run);
void add_evaluate(CLI::App& app, Run& run);
void add_doctor(CLI::App& app, Run& run);

}  // namespace fabula::app
