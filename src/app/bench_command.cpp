// SPDX-License-Identifier: 0BSD
#include "app/bench.h"
#include "app/bench_decode_command.h"
#include "app/bench_journey_command.h"
#include "app/bench_sample_command.h"
#include "app/commands.h"
#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/open_model.h"
#include "app/paths.h"
#include "app/policies.h"
#include "app/settings_flags.h"
#include "app/signals.h"
#include "preference/policy.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace fabula::app {
namespace {

struct BenchArguments {
    Flags flags;
    std::size_t runs = 5;
    std::size_t stories = 10;
    bool json = false;
};

Result<int> run_load(const BenchArguments& arguments) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    const auto threads = configuration->number("threads", 0, 1024);
    if (!threads) return threads.error();
    const auto figures =
        bench_load(configuration->text("model"), arguments.runs, static_cast<int>(*threads));
    if (!figures) return figures.error();
    std::cout << (arguments.json ? as_json(*figures) : as_text(*figures));
    return exit_success;
}

Result<int> run_write(const BenchArguments& arguments) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    const auto steps = configuration->number("steps", 1, 100000);
    if (!steps) return steps.error();
    const auto candidates = configuration->number("candidates", 1, 64);
    if (!candidates) return candidates.error();
    const auto threads = configuration->number("threads", 0, 1024);
    if (!threads) return threads.error();
    const auto& named = configuration->text("policy");
    const auto policy = policy_name_from(named.empty() ? "random" : named);
    if (!policy) return policy.error();
    BenchOptions options;
    options.n_stories = arguments.stories;
    options.steps = *steps;
    if (configuration->is_set("seed")) {
        const auto seed = configuration->number("seed", 0, UINT64_MAX);
        if (!seed) return seed.error();
        options.seed = *seed;
    }
    options.offer.candidates = *candidates;
    if (policy->policy != preference::Policy::fixed && policy->policy != preference::Policy::random)
        return Error{
            ErrorCode::invalid_input,
            "benchmarks are for the policies fixed, random and adaptive: the others depend on what "
            "people picked"};
    auto proposer = preference::learn(policy->policy, {}, {});
    if (!proposer) return proposer.error();
    options.offer.proposer = *std::move(proposer);
    options.offer.settings = settings_for(*policy, *configuration);
    options.offer.is_adaptive = policy->is_adaptive;
    const auto stop = listen_for_signals();
    auto model =
        open_model(configuration->text("model"), {*candidates, static_cast<int>(*threads)});
    if (!model) return model.error();
    const auto generator = model::make_local(*std::move(model));
    const auto figures = bench_write(*generator, options, stop);
    if (!figures) return figures.error();
    std::cout << (arguments.json ? as_json(*figures) : as_text(*figures));
    return stop.stop_requested() ? 128 + signal_received() : exit_success;
}

}  // namespace

void add_bench(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand("bench", "what this machine does with a model");
    command->require_subcommand(1);
    command->footer(R"(Examples:
  fabula bench load --json
  fabula bench write --stories 100 --steps 8 --json
  fabula bench decode --candidates 3 --prefix 128 --threads 2
  fabula bench journey --model bloom-560m-q8_0 --wander
  fabula bench reopen --model bloom-560m-q8_0
  fabula bench sample --vocab 32000)");
    auto arguments = std::make_shared<BenchArguments>();
    const auto set_run = [arguments, &run](CLI::App* sub, auto action) {
        sub->add_flag("--json", arguments->json, "one line of JSON");
        sub->callback([arguments, action, &run] {
            run = [arguments, action] {
                const auto status = action(*arguments);
                return status ? *status : fail(status.error());
            };
        });
    };
    auto* load = command->add_subcommand("load", "time to load a model, and to its first token");
    load->add_option("--runs", arguments->runs, "how often [5]")->check(CLI::Range(1, 1000));
    add_key_flags(*load, arguments->flags, {"model", "threads"});
    set_run(load, run_load);
    auto* write = command->add_subcommand(
        "write", "whole stories, unattended: speed, memory, endings, repetition");
    write->add_option("--stories", arguments->stories, "how many [10]")
        ->check(CLI::Range(1, 1000000));
    add_key_flags(*write, arguments->flags,
                  {"steps", "candidates", "policy", "model", "seed", "threads"});
    add_settings_flags(*write, arguments->flags);
    set_run(write, run_write);
    add_bench_decode(*command, run);
    add_bench_journey(*command, run);
    add_bench_sample(*command, run);
}

}  // namespace fabula::app
