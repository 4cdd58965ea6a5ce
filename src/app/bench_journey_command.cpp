// SPDX-License-Identifier: 0BSD
#include "app/bench_journey_command.h"

#include "app/bench_journey.h"
#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/paths.h"
#include "app/settings_flags.h"
#include "app/signals.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace fabula::app {
namespace {

struct Arguments {
    Flags flags;
    JourneyOptions journey;
    ReopenOptions reopen;
    bool json = false;
};

Result<OpenOptions> opening(const Configuration& configuration, std::size_t candidates) {
    auto open = open_options(configuration);
    if (!open) return open;
    open->n_branches = candidates;
    open->cache_disk_bytes = 0;
    return open;
}

Result<int> run_journey(const Arguments& arguments) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    JourneyOptions options = arguments.journey;
    const auto candidates = configuration->number("candidates", 1, 64);
    if (!candidates) return candidates.error();
    options.candidates = *candidates;
    const auto open = opening(*configuration, *candidates);
    if (!open) return open.error();
    const auto stop = listen_for_signals();
    auto model = open_model(configuration->text("model"), *open);
    if (!model) return model.error();
    const auto generator = model::make_local(*std::move(model));
    const auto figures = bench_journey(*generator, options, stop);
    if (!figures) return figures.error();
    std::cout << (arguments.json ? as_json(*figures) : as_text(*figures));
    return stop.stop_requested() ? 128 + signal_received() : exit_success;
}

Result<int> run_reopen(const Arguments& arguments) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    ReopenOptions options = arguments.reopen;
    options.model = configuration->text("model");
    const auto open = opening(*configuration, 1);
    if (!open) return open.error();
    options.open = *open;
    const auto stop = listen_for_signals();
    const auto figures = bench_reopen(options, stop);
    if (stop.stop_requested()) return 128 + signal_received();
    if (!figures) return figures.error();
    std::cout << (arguments.json ? as_json(*figures) : as_text(*figures));
    return exit_success;
}

}  // namespace

void add_bench_journey(CLI::App& bench, Run& run) {
    auto arguments = std::make_shared<Arguments>();
    const auto set_run = [arguments, &run](CLI::App* sub, auto action) {
        sub->add_flag("--json", arguments->json, "JSON, one object a line");
        sub->callback([arguments, action, &run] {
            run = [arguments, action] {
                const auto status = action(*arguments);
                return status ? *status : fail(status.error());
            };
        });
    };
    auto* journey = bench.add_subcommand(
        "journey", "a story with memory and lore: what of its prompts is computed");
    auto& options = arguments->journey;
    journey->add_option("--steps", options.steps, "passages [40]")->check(CLI::Range(1, 100000));
    journey->add_option("--passage-tokens", options.passage_tokens, "most of a passage [200]")
        ->check(CLI::Range(16, 100000));
    journey->add_option("--memory-tokens", options.memory_tokens, "of memory at each step [250]");
    journey->add_option("--changed-tokens", options.changed_tokens, "of it new at each step [60]");
    journey->add_option("--lore-tokens", options.lore_tokens, "of lore, new at each step [150]");
    journey->add_option("--seed", options.seed, "of the notes and the draws [1]");
    journey->add_flag("--wander", options.wanders, "with undo, siblings and branches");
    add_key_flags(
        *journey, arguments->flags,
        {"model", "candidates", "threads", "backend", "kernel", "cache_type", "cache_mib"});
    journey->footer(R"(Examples:
  fabula bench journey --model bloom-560m-q8_0
  fabula bench journey --model bloom-560m-q8_0 --memory-tokens 0 --lore-tokens 0 --wander --json)");
    set_run(journey, run_journey);

    auto* reopen =
        bench.add_subcommand("reopen", "time to the first token of a story that is opened again");
    reopen->add_option("--prefix", arguments->reopen.prefix_tokens, "tokens of the story [1500]")
        ->check(CLI::Range(1, 1 << 20));
    reopen->add_option("--runs", arguments->reopen.n_runs, "pairs [5]")->check(CLI::Range(1, 1000));
    reopen->add_option("--seed", arguments->reopen.seed, "of the tokens [1]");
    add_key_flags(*reopen, arguments->flags,
                  {"model", "threads", "backend", "kernel", "cache_type"});
    reopen->footer("Example:\n  fabula bench reopen --model bloom-560m-q8_0 --prefix 1500");
    set_run(reopen, run_reopen);
}

}  // namespace fabula::app
