// SPDX-License-Identifier: 0BSD
#include "app/evaluate_command.h"

#include "app/commands.h"
#include "app/files.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <thread>

namespace fabula::app {

void add_evaluate_flags(CLI::App& verb, EvaluateArguments& arguments) {
    verb.add_option("--readers", arguments.readers,
                    "readers to simulate, as JSON (docs/formats/readers.md); - for stdin [one_peak "
                    "and two_peak, as in examples/readers.json]")
        ->type_name("FILE");
    verb.add_option("--stories", arguments.stories, "how many a seed [1000]")
        ->check(CLI::Range(1, 100000));
    verb.add_option("--seeds", arguments.seeds, "how often anew [20]")->check(CLI::Range(1, 1000));
    verb.add_option("--steps", arguments.steps, "offers a story [8]")->check(CLI::Range(1, 1000));
    verb.add_option("--candidates", arguments.candidates, "shown an offer [3]")
        ->check(CLI::Range(2, 64));
    verb.add_option("--seed", arguments.seed, "the number that the seeds are made from [1]");
    verb.add_option("--jobs", arguments.jobs, "threads [those of the machine]")
        ->check(CLI::Range(1, 256));
    verb.add_flag("--json", arguments.json, "JSON, one object a line");
}

Result<std::vector<evaluate::Reader>> readers_of(const EvaluateArguments& arguments) {
    if (arguments.readers.empty()) return evaluate::readers_from_json(evaluate::shipped_readers());
    const auto text = read_file(arguments.readers);
    if (!text) return text.error();
    auto readers = evaluate::readers_from_json(*text);
    if (readers) return readers;
    return Error{readers.error().code,
                 "readers '" + arguments.readers + "': " + readers.error().message};
}

std::size_t threads_of(const EvaluateArguments& arguments) {
    if (arguments.jobs > 0) return arguments.jobs;
    return std::max(1U, std::thread::hardware_concurrency());
}

void add_evaluate(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand(
        "evaluate", "how well policies and estimates do, with readers whose taste is known");
    command->require_subcommand(1);
    command->footer(R"(Examples:
  fabula evaluate policies
  fabula evaluate policies --readers readers.json --stories 1000 --seeds 20 --plot shares.svg
  fabula evaluate off-policy --stories 1000 --seeds 20 --json)");
    add_evaluate_policies(*command, run);
    add_evaluate_off_policy(*command, run);
}

}  // namespace fabula::app
