// SPDX-License-Identifier: 0BSD
#include "app/logits_command.h"

#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/files.h"
#include "app/logits.h"
#include "app/open_model.h"
#include "app/paths.h"
#include "app/progress.h"
#include "app/settings_flags.h"
#include "app/signals.h"
#include "model/llama/load.h"
#include "model/load.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

namespace fabula::app {
namespace {

constexpr std::size_t window_of_side_branches = 64;  // beyond the sequence, where there is room

struct LogitsArguments {
    Flags flags;
    std::optional<std::string> tokens;
    std::optional<std::string> tokens_file;
    std::optional<std::string> text;
    std::optional<std::string> text_file;
    std::string split;
    std::string forks;
    std::string backend = "auto";
    std::string cache = "f16";
    std::string kernel;
    std::string flash_attention = "off";
    std::string out;
    bool json = false;
};

/// What the arguments mean, as far as it is known before the model is loaded.
struct Wanted {
    std::string model;
    model::Backend backend = model::Backend::automatic;
    model::LoadOptions load;
    std::optional<Forks> forks;
};

bool is_scripted(const std::string& name) {
    return name.starts_with("scripted:");
}

Error no_kernels(const std::string& backend) {
    return {ErrorCode::invalid_input, "kernel: backend " + backend + " has none to choose"};
}

Result<Wanted> wanted_by(const LogitsArguments& arguments) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    const auto threads = configuration->number("threads", 0, 1024);
    if (!threads) return threads.error();
    const auto backend = model::backend_named(arguments.backend);
    if (!backend) return backend.error();
    const auto cache = model::cache_type_named(arguments.cache);
    if (!cache) return cache.error();
    if (!arguments.kernel.empty() && *backend == model::Backend::llama) return no_kernels("llama");
    if (arguments.flash_attention != "on" && arguments.flash_attention != "off") {
        return Error{ErrorCode::invalid_input,
                     "flash attention: '" + arguments.flash_attention + "' is neither on nor off"};
    }
    Wanted wanted;
    wanted.model = configuration->text("model");
    wanted.backend = *backend;
    wanted.load.cache = *cache;
    wanted.load.kernel = arguments.kernel;
    wanted.load.flash_attention = arguments.flash_attention == "on";
    wanted.load.n_threads = static_cast<int>(*threads);
    if (arguments.forks.empty()) return wanted;
    const auto forks = forks_in(arguments.forks);
    if (!forks) return forks.error();
    wanted.forks = *forks;
    return wanted;
}

Result<std::unique_ptr<model::Model>> load(const Wanted& wanted) {
    if (is_scripted(wanted.model)) return open_model(wanted.model, {});
    const auto path = find_model(wanted.model);
    if (!path) return path.error();
    Progress progress("loading " + std::filesystem::path(*path).filename().string(), 1, "");
    model::LoadOptions options = wanted.load;
    options.on_progress = [&](float share) {
        progress.update(static_cast<double>(share));
        return signal_received() == 0;
    };
    return model::load_model(*path, wanted.backend, options);
}

/// The tokens of a text. Every backend has llama.cpp's vocabulary, and llama.cpp maps weights that
/// nobody asks for without reading them.
Result<std::vector<TokenId>> tokens_of(const std::string& text, Wanted wanted) {
    wanted.backend = model::Backend::llama;
    wanted.load.n_branches = 1;
    wanted.load.window_tokens = 1;
    wanted.load.kernel.clear();
    const auto model = load(wanted);
    if (!model) return model.error();
    return (*model)->encode(text, model::Place::start);
}

/// The tokens of the only one that was given.
Result<std::vector<TokenId>> tokens_given(const LogitsArguments& arguments, const Wanted& wanted) {
    if (arguments.tokens) return tokens_in(*arguments.tokens);
    if (arguments.text) return tokens_of(*arguments.text, wanted);
    const auto bytes = read_file(arguments.tokens_file ? *arguments.tokens_file
                                                       : arguments.text_file.value_or("-"));
    if (!bytes) return bytes.error();
    return arguments.tokens_file ? tokens_in(*bytes) : tokens_of(*bytes, wanted);
}

int n_given(const LogitsArguments& arguments) {
    int n = 0;
    for (const auto* each :
         {&arguments.tokens, &arguments.tokens_file, &arguments.text, &arguments.text_file})
        n += each->has_value() ? 1 : 0;
    return n;
}

/// How many branches the model is loaded for: the largest step. llama.cpp has a border.
std::size_t n_branches_of(const LogitsPlan& plan, model::Backend backend) {
    const std::size_t n_side = plan.forks ? plan.forks->n_branches : 0;
    const std::size_t largest = std::max(*std::ranges::max_element(plan.calls), n_side);
    return backend == model::Backend::cpu ? largest : std::min(largest, model::most_branches);
}

/// Computes into the file, which is in its place only when it is whole.
Result<model::StepCost> write_logits(model::Model& model, const LogitsPlan& plan,
                                     const std::string& out, const std::stop_token& stop) {
    auto file = PiecewiseFile::begin(out);
    if (!file) return file.error();
    Progress progress("logits of " + model.info().name, static_cast<double>(plan.tokens.size()),
                      "tokens");
    auto cost = compute_logits(
        model, plan,
        [&](std::span<const float> rows) {
            const auto bytes = std::as_bytes(rows);
            return file->write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        },
        [&](std::size_t n) { progress.update(static_cast<double>(n)); }, stop);
    if (!cost) return cost.error();
    if (auto done = file->finish(); !done) return done.error();
    return cost;
}

LogitsReport report_of(const model::Model& model, const LogitsPlan& plan,
                       const model::StepCost& cost) {
    const auto& info = model.info();
    return {.model = info.name,
            .backend = info.backend,
            .arithmetic = info.arithmetic,
            .n_tokens = plan.tokens.size(),
            .n_vocab = info.n_vocab,
            .n_calls = plan.calls.size(),
            .computed_tokens = cost.computed_tokens};
}

Result<int> run_logits(const LogitsArguments& arguments) {
    auto wanted = wanted_by(arguments);
    if (!wanted) return wanted.error();
    if (arguments.json && arguments.out == "-")
        return Error{ErrorCode::invalid_input, "--json and --out - both want standard output"};
    if (n_given(arguments) != 1) {
        return Error{ErrorCode::invalid_input,
                     "one of --tokens, --tokens-file, --text and --text-file is needed"};
    }
    const auto stop = listen_for_signals();
    auto tokens = tokens_given(arguments, *wanted);
    if (stop.stop_requested()) return 128 + signal_received();
    if (!tokens) return tokens.error();
    LogitsPlan plan{*std::move(tokens), {}, wanted->forks};
    const auto calls = calls_in(arguments.split, plan.tokens.size());
    if (!calls) return calls.error();
    plan.calls = *calls;
    wanted->load.n_branches = n_branches_of(plan, wanted->backend);
    wanted->load.window_tokens =
        plan.tokens.size() + (plan.forks ? window_of_side_branches : std::size_t{0});
    const auto model = load(*wanted);
    if (stop.stop_requested()) return 128 + signal_received();
    if (!model) return model.error();
    if (!arguments.kernel.empty() && (*model)->info().backend != "cpu")
        return no_kernels((*model)->info().backend);
    plan.calls = cut_calls(plan.calls, (*model)->n_branches());
    const auto cost = write_logits(**model, plan, arguments.out, stop);
    if (stop.stop_requested()) return 128 + signal_received();
    if (!cost) return cost.error();
    const auto report = report_of(**model, plan, *cost);
    if (arguments.out == "-") return exit_success;
    std::cout << (arguments.json ? logits_as_json(report) : logits_as_text(report));
    return exit_success;
}

Result<int> run_tokens(const LogitsArguments& arguments) {
    const auto wanted = wanted_by(arguments);
    if (!wanted) return wanted.error();
    if (n_given(arguments) != 1)
        return Error{ErrorCode::invalid_input, "one of --text and --text-file is needed"};
    const auto stop = listen_for_signals();
    const auto tokens = tokens_given(arguments, *wanted);
    if (stop.stop_requested()) return 128 + signal_received();
    if (!tokens) return tokens.error();
    std::cout << (arguments.json ? tokens_as_json(*tokens)
                                 : fmt::format("{}\n", fmt::join(*tokens, ",")));
    return exit_success;
}

void add_text_flags(CLI::App& app, LogitsArguments& arguments) {
    app.add_option("--text", arguments.text, "a text, encoded as the start of one")
        ->type_name("TEXT");
    app.add_option("--text-file", arguments.text_file, "the text in a file, - for stdin")
        ->type_name("FILE");
}

void add_computing_flags(CLI::App& app, LogitsArguments& arguments) {
    app.add_option("--backend", arguments.backend, "cpu, llama or auto [auto]")->type_name("NAME");
    app.add_option("--cache-type", arguments.cache, "numbers of the cache: f16 or f32 [f16]")
        ->type_name("TYPE");
    app.add_option("--kernel", arguments.kernel,
                   "cpu: avx512, avx2 or portable [the best that runs here]")
        ->type_name("NAME");
    app.add_option("--flash-attention", arguments.flash_attention,
                   "llama: on or off; off here, on in `fabula write` [off]")
        ->type_name("WORD");
    app.add_option("--split", arguments.split,
                   "tokens of each call, as 5,1,1,7 [all in one call]; llama takes at most 120 "
                   "rows a call, so larger ones are cut")
        ->type_name("SIZES");
    app.add_option("--forks", arguments.forks,
                   "before each call, N side branches of pseudo-random tokens, which must change "
                   "nothing; N is 1 to 64")
        ->type_name("SEED:N");
}

void add_one(CLI::App& command, Run& run, const char* name, const char* about,
             Result<int> (*action)(const LogitsArguments&)) {
    auto arguments = std::make_shared<LogitsArguments>();
    auto* sub = command.add_subcommand(name, about);
    add_text_flags(*sub, *arguments);
    const bool computes = action == run_logits;
    add_key_flags(*sub, arguments->flags, {"model"});
    if (computes) {
        add_key_flags(*sub, arguments->flags, {"threads"});
        add_computing_flags(*sub, *arguments);
        sub->add_option("--tokens", arguments->tokens, "token ids by commas")->type_name("IDS");
        sub->add_option("--tokens-file", arguments->tokens_file, "ids in a file, - for stdin")
            ->type_name("FILE");
        sub->add_option("--out", arguments->out, "the file, - for stdout")
            ->required()
            ->type_name("FILE");
        sub->footer(
            R"(FILE is float32, little-endian, [n_tokens, n_vocab]: row i is behind tokens 0 to i.

Examples:
  fabula model logits --model stories15M-q8_0 --tokens 1,9038,2501 --out a.bin
  fabula model logits --text "Once upon a time" --split 1,1,3 --forks 7:3 --out b.bin)");
    }
    sub->add_flag("--json", arguments->json, "one line of JSON");
    sub->callback([arguments, action, &run] {
        run = [arguments, action] {
            const auto status = action(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace

std::string logits_as_text(const LogitsReport& report) {
    return fmt::format("{} rows of {} in {} {}, {}\n", report.n_tokens, report.n_vocab,
                       report.n_calls, report.n_calls == 1 ? "call" : "calls",
                       report.arithmetic.empty() ? report.backend : report.arithmetic);
}

void add_logits(CLI::App& model_command, Run& run) {
    add_one(model_command, run, "logits", "the logits behind every token of a sequence, to a file",
            run_logits);
    add_one(model_command, run, "tokens", "the token ids of a text, by commas", run_tokens);
}

}  // namespace fabula::app
