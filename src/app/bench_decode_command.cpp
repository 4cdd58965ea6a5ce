// SPDX-License-Identifier: 0BSD
#include "app/bench_decode_command.h"

#include "app/bench_decode.h"
#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/paths.h"
#include "app/settings_flags.h"
#include "app/signals.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <thread>

namespace fabula::app {
namespace {

struct DecodeArguments {
    Flags flags;
    DecodeOptions options;
    std::string backend = "auto";
    std::string cache = "f16";
    std::string flash_attention = "on";
    bool json = false;
};

/// The named choices and the keys, as options.
Result<DecodeOptions> options_of(const DecodeArguments& arguments) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    DecodeOptions options = arguments.options;
    options.model = configuration->text("model");
    const auto candidates = configuration->number("candidates", 1, 64);
    if (!candidates) return candidates.error();
    options.candidates = *candidates;
    const auto threads = configuration->number("threads", 0, 1024);
    if (!threads) return threads.error();
    options.n_threads = static_cast<int>(
        *threads > 0 ? *threads : std::max(1U, std::thread::hardware_concurrency()));
    const auto backend = model::backend_named(arguments.backend);
    if (!backend) return backend.error();
    options.backend = *backend;
    const auto cache = model::cache_type_named(arguments.cache);
    if (!cache) return cache.error();
    options.cache = *cache;
    options.flash_attention = arguments.flash_attention != "off";
    return options;
}

Result<int> run_decode(const DecodeArguments& arguments) {
    const auto options = options_of(arguments);
    if (!options) return options.error();
    const auto stop = listen_for_signals();
    const auto figures = bench_decode(*options, stop);
    if (stop.stop_requested()) return 128 + signal_received();
    if (!figures) return figures.error();
    std::cout << (arguments.json ? as_json(*figures) : as_text(*figures));
    return exit_success;
}

}  // namespace

void add_bench_decode(CLI::App& bench, Run& run) {
    auto arguments = std::make_shared<DecodeArguments>();
    DecodeOptions& options = arguments->options;
    auto* decode = bench.add_subcommand(
        "decode", "candidates behind one prefix, without stories around them: speed and memory");
    decode->footer(R"(Examples:
  fabula bench decode --prefix 128 --tokens 64 --candidates 3 --threads 2
  fabula bench decode --model bloom.gguf --backend llama --flash-attention off --json)");
    add_key_flags(*decode, arguments->flags, {"model", "candidates", "threads"});
    decode->add_option("--backend", arguments->backend, "auto, cpu or llama [auto]")
        ->type_name("NAME");
    decode->add_option("--prefix", options.prefix, "tokens that the candidates share [512]")
        ->check(CLI::Range(1, 1 << 20));
    decode->add_option("--tokens", options.tokens, "tokens of each candidate [64]")
        ->check(CLI::Range(1, 1 << 20));
    decode->add_option("--runs", options.n_runs, "how often; the figures are medians [1]")
        ->check(CLI::Range(1, 1000));
    decode->add_option("--seed", options.seed, "of the prefix and the draws [1]");
    decode->add_option("--cache-type", arguments->cache, "f16 or f32 [f16]")->type_name("TYPE");
    decode
        ->add_option("--kernel", options.kernel, "of backend cpu: avx512, avx2 or portable [best]")
        ->type_name("NAME");
    decode->add_option("--flash-attention", arguments->flash_attention, "of backend llama [on]")
        ->check(CLI::IsMember({"on", "off"}))
        ->type_name("on|off");
    decode->add_flag_callback(
        "--no-read", [&options] { options.measures_read = false; },
        "leave out what this machine reads, and its buffer of 2 GiB");
    decode->add_flag("--json", arguments->json, "one line of JSON");
    decode->callback([arguments, &run] {
        run = [arguments] {
            const auto status = run_decode(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace fabula::app
