// SPDX-License-Identifier: 0BSD
#include "app/walk_command.h"

#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/files.h"
#include "app/logits.h"
#include "app/open_model.h"
#include "app/paths.h"
#include "app/settings_flags.h"
#include "app/signals.h"
#include "model/load.h"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <memory>
#include <sstream>
#include <system_error>

namespace fabula::app {
namespace {

struct WalkArguments {
    Flags flags;
    std::string branches;
    std::string out;
    std::string pages;
    std::size_t cache_kib = 0;
    std::size_t pages_kib = 1U << 20U;
    std::size_t window = 0;
};

// A line of the file: a branch, and what is to be done once its logits are there.
struct Visit {
    std::vector<TokenId> tokens;
    bool keeps = false;
    bool holds = false;
};

Result<std::vector<Visit>> visits_in(const std::string& text) {
    std::vector<Visit> visits;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string tokens;
        if (!(words >> tokens)) continue;
        Visit visit;
        const auto read = tokens_in(tokens);
        if (!read) return read.error();
        visit.tokens = *read;
        for (std::string word; words >> word;) {
            if (word != "keep" && word != "hold")
                return Error{ErrorCode::invalid_input, "line " + std::to_string(visits.size() + 1) +
                                                           ": '" + word +
                                                           "' is neither keep nor hold"};
            (word == "keep" ? visit.keeps : visit.holds) = true;
        }
        visits.push_back(std::move(visit));
    }
    return visits;
}

// Each row at once, so that whoever is killed leaves those that were done.
Result<Unit> append(int file, std::span<const float> row) {
    auto bytes = std::as_bytes(row);
    while (!bytes.empty()) {
        const auto n = ::write(file, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0)
            return Error{ErrorCode::unavailable,
                         "cannot write: " + std::generic_category().message(errno)};
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return Unit{};
}

Result<std::size_t> walk(model::Model& model, const std::vector<Visit>& visits, int file,
                         const std::stop_token& stop) {
    std::vector<float> row(model.info().n_vocab);
    std::size_t computed = 0;
    for (const auto& visit : visits) {
        const std::span<const TokenId> branch(visit.tokens);
        const auto cost = model.step({&branch, 1}, row, stop);
        if (!cost) return cost.error();
        computed += cost->computed_tokens;
        if (visit.holds) model.hold_ends();
        if (visit.keeps) model.keep(branch);
        if (const auto done = append(file, row); !done) return done.error();
    }
    return computed;
}

Result<int> run_walk(const WalkArguments& arguments) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    const auto options = open_options(*configuration);
    if (!options) return options.error();
    const auto text = read_file(arguments.branches);
    if (!text) return text.error();
    const auto visits = visits_in(*text);
    if (!visits) return visits.error();
    const auto path = find_model(configuration->text("model"));
    if (!path) return path.error();
    model::LoadOptions load;
    load.n_branches = 1;
    load.cache = options->cache;
    load.kernel = options->kernel;
    load.n_threads = options->n_threads;
    load.window_tokens = arguments.window;
    load.cache_bytes = std::uint64_t{arguments.cache_kib} << 10U;
    load.page_folder = arguments.pages;
    load.page_folder_seconds = 0;  // at once, so that whoever is killed leaves something
    load.page_folder_bytes = std::uint64_t{arguments.pages_kib} << 10U;
    const auto stop = listen_for_signals();
    const auto model = model::load_model(*path, model::Backend::cpu, load);
    if (!model) return model.error();
    const int file =
        open(arguments.out.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0)
        return Error{ErrorCode::unavailable, "cannot write '" + arguments.out +
                                                 "': " + std::generic_category().message(errno)};
    const auto computed = walk(**model, *visits, file, stop);
    close(file);
    if (stop.stop_requested()) return 128 + signal_received();
    if (!computed) return computed.error();
    const auto figures = (*model)->cache_figures();
    std::cout << fmt::format(
        "{{\"branches\":{},\"computed_tokens\":{},\"pages_read\":{},\"pages_written\":{},"
        "\"pages_damaged\":{},\"used_bytes\":{},\"most_bytes\":{}}}\n",
        visits->size(), *computed, figures.n_read, figures.n_written, figures.n_damaged,
        figures.used_bytes, figures.most_bytes);
    return exit_success;
}

}  // namespace

void add_walk(CLI::App& model_command, Run& run) {
    auto arguments = std::make_shared<WalkArguments>();
    auto* sub = model_command.add_subcommand(
        "walk",
        "the logits behind branches, one after another, with a cache that is small or on "
        "disk");
    add_key_flags(*sub, arguments->flags, {"model", "threads", "kernel", "cache_type"});
    sub->add_option("--branches", arguments->branches,
                    "a branch a line: token ids by commas; behind them keep (write its pages to "
                    "disk) and hold (its end)")
        ->required()
        ->type_name("FILE");
    sub->add_option("--out", arguments->out, "rows are put behind what is there")
        ->required()
        ->type_name("FILE");
    sub->add_option("--pages", arguments->pages, "a folder for pages; else memory alone")
        ->type_name("FOLDER");
    sub->add_option("--cache-kib", arguments->cache_kib, "of memory [what is needed]");
    sub->add_option("--pages-kib", arguments->pages_kib, "of disk [1 GiB]");
    sub->add_option("--window", arguments->window, "most tokens of a branch [the model's]");
    sub->footer(
        R"(FILE is float32, little-endian, [n_branches, n_vocab]; one line of JSON says what it cost.

Example:
  printf '1,9038,2501 keep\n1,9038\n' | fabula model walk --branches - --out rows.bin --pages pages)");
    sub->callback([arguments, &run] {
        run = [arguments] {
            const auto status = run_walk(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace fabula::app
