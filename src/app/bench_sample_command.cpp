// SPDX-License-Identifier: 0BSD
#include "app/bench_sample_command.h"

#include "app/bench_sample.h"
#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/files.h"
#include "app/logits.h"
#include "app/open_model.h"
#include "app/paths.h"
#include "app/progress.h"
#include "app/settings_flags.h"
#include "app/signals.h"
#include "model/llama/peer_sampler.h"
#include "model/model.h"
#include "sample/settings_json.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

namespace fabula::app {
namespace {

struct SampleArguments {
    Flags flags;
    std::size_t vocab = 250880;
    std::size_t runs = 31;
    std::vector<std::string> chains;
    std::vector<std::string> rows;
    std::string logits;
    std::string settings;
    std::string kept;
    std::string history;
    std::optional<double> number;
    bool json = false;
};

bool is_about_one_row(const SampleArguments& arguments) {
    return !arguments.logits.empty() || !arguments.settings.empty() || !arguments.kept.empty() ||
           !arguments.history.empty() || arguments.number;
}

Result<std::vector<float>> row_named(const std::string& file) {
    const auto bytes = read_file(file, std::size_t{1} << 30U);
    if (!bytes) return bytes.error();
    return row_from(*bytes, file);
}

Error named(const std::string& what, const std::string& file, const Error& error) {
    return {error.code, what + " '" + file + "': " + error.message};
}

// Temperature 1, and nothing cut, where no file says otherwise.
Result<sample::Settings> settings_named(const std::string& file) {
    sample::Settings settings;
    settings.temperature = 1;
    if (file.empty()) return settings;
    const auto text = read_file(file);
    if (!text) return text.error();
    auto read = sample::settings_from_json(*text, settings);
    if (!read) return named("settings", file, read.error());
    return read;
}

Result<std::vector<TokenId>> history_named(const std::string& file) {
    if (file.empty()) return std::vector<TokenId>{};
    const auto text = read_file(file);
    if (!text) return text.error();
    auto tokens = tokens_in(*text);
    if (!tokens) return named("history", file, tokens.error());
    return tokens;
}

// One row: what the settings keep of it, and what a number draws.
Result<int> keep(const SampleArguments& arguments) {
    if (arguments.logits.empty() || (arguments.kept.empty() && !arguments.number))
        return Error{ErrorCode::invalid_input,
                     "--logits wants --kept, --number or both, and --settings and --history want "
                     "--logits: a row, what is done to it, what is asked"};
    const std::string* const from_stdin[] = {&arguments.logits, &arguments.settings,
                                             &arguments.history};
    if (std::ranges::count_if(from_stdin, [](const auto* file) { return *file == "-"; }) > 1)
        return Error{ErrorCode::invalid_input, "only one file can be read from stdin"};
    if (arguments.number && !(*arguments.number >= 0 && *arguments.number < 1))
        return Error{ErrorCode::invalid_input, "--number lies from 0 to below 1"};
    const auto row = row_named(arguments.logits);
    if (!row) return row.error();
    const auto settings = settings_named(arguments.settings);
    if (!settings) return settings.error();
    const auto history = history_named(arguments.history);
    if (!history) return history.error();
    const sample::Step step{.history = *history, .number = arguments.number.value_or(0)};
    if (!arguments.kept.empty()) {
        const auto ids = kept_ids(*row, *settings, step);
        if (!ids) return named("logits", arguments.logits, ids.error());
        if (const auto written = write_file(arguments.kept, *ids); !written) return written.error();
    }
    if (arguments.number) {
        const auto drawn = sample::Sampler(*settings).draw(*row, step);
        if (!drawn) return named("logits", arguments.logits, drawn.error());
        std::cout << (arguments.json ? as_json(*drawn) : as_text(*drawn));
    }
    return exit_success;
}

// What a model says behind the beginning of a text: a row as they come.
Result<SampleRow> model_row(const std::string& name, std::size_t vocab) {
    const auto model = open_model(name, {1, 1});
    if (!model) return model.error();
    const auto tokens =
        (*model)->encode("Once upon a time, there was a little", model::Place::start);
    if (!tokens) return tokens.error();
    std::vector<float> logits((*model)->info().n_vocab);
    const std::span<const TokenId> branch(*tokens);
    const auto done = (*model)->step({&branch, 1}, logits, {});
    if (!done) return done.error();
    return stretched_row(logits, vocab);
}

template <typename Named>
Result<std::vector<Named>> chosen(std::vector<Named> all, const std::vector<std::string>& names,
                                  const std::string& what) {
    for (const auto& name : names) {
        if (std::ranges::any_of(all, [&](const Named& each) { return each.name == name; }))
            continue;
        std::string known;
        for (const auto& each : all) {
            known += known.empty() ? "" : ", ";
            known += each.name;
        }
        return Error{ErrorCode::invalid_input,
                     fmt::format("unknown {} '{}': there are {}", what, name, known)};
    }
    if (!names.empty())
        std::erase_if(all, [&](const Named& each) {
            return std::ranges::find(names, each.name) == names.end();
        });
    return all;
}

// The model's row is left out, and that is said, where nobody asked for the model or its row.
Result<std::vector<SampleRow>> rows_for(const SampleArguments& arguments) {
    auto rows = made_rows(arguments.vocab);
    const bool is_named = std::ranges::find(arguments.rows, "model") != arguments.rows.end();
    if (!arguments.rows.empty() && !is_named) {
        rows.push_back({"model", {}});  // known, and not asked for
        return chosen(std::move(rows), arguments.rows, "row");
    }
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    auto real = model_row(configuration->text("model"), arguments.vocab);
    if (!real && (is_named || configuration->is_set("model"))) return real.error();
    if (real)
        rows.push_back(*std::move(real));
    else
        std::cerr << "fabula: without the row of a model: " << real.error().message << '\n';
    return chosen(std::move(rows), arguments.rows, "row");
}

Result<int> time_all(const SampleArguments& arguments) {
    const auto chains = chosen(sample_chains(), arguments.chains, "chain");
    if (!chains) return chains.error();
    const auto rows = rows_for(arguments);
    if (!rows) return rows.error();
    if (!model::has_peer_sampler())
        std::cerr << "fabula: this build has no llama.cpp sampler to compare with: "
                     "bench/peers/run sample builds one that has\n";
    const auto stop = listen_for_signals();
    Progress progress("timing chains", static_cast<double>(chains->size() * rows->size()),
                      "chains");
    std::vector<SampleFigures> all;
    for (const auto& row : *rows) {
        for (const auto& chain : *chains) {
            const auto figures = time_chain(chain, row, arguments.runs);
            if (stop.stop_requested()) return 128 + signal_received();
            if (!figures) return figures.error();
            all.push_back(*figures);
            progress.update(static_cast<double>(all.size()));
            if (!arguments.json) continue;
            progress.clear();
            std::cout << as_json(*figures) << std::flush;
        }
    }
    progress.clear();
    if (!arguments.json) std::cout << as_text(all);
    return exit_success;
}

}  // namespace

void add_bench_sample(CLI::App& bench, Run& run) {
    auto arguments = std::make_shared<SampleArguments>();
    auto* sample = bench.add_subcommand(
        "sample",
        "drawing a token from a row of logits: every method, over rows of several shapes");
    sample->footer(R"(Examples:
  fabula bench sample --vocab 250880 --json
  fabula bench sample --vocab 32000 --chain top_p --chain typical_p --row normal
  fabula bench sample --logits row.f32 --settings settings.json --kept ids.txt
  fabula bench sample --logits row.f32 --settings settings.json --number 0.25 --json)");
    sample->add_option("--vocab", arguments->vocab, "entries of a row [250880]")
        ->check(CLI::Range(2, 1 << 24));
    sample->add_option("--runs", arguments->runs, "draws; the figures are medians [31]")
        ->check(CLI::Range(1, 100000));
    sample->add_option("--chain", arguments->chains, "this alone; may be repeated [all]")
        ->allow_extra_args(false)
        ->type_name("NAME");
    sample
        ->add_option("--row", arguments->rows,
                     "normal, heavy_tailed, flat or model; may be repeated [all]")
        ->allow_extra_args(false)
        ->type_name("NAME");
    add_key_flags(*sample, arguments->flags, {"model"});
    sample
        ->add_option("--logits", arguments->logits,
                     "instead, a row of float32 numbers, little endian; - for stdin")
        ->type_name("FILE");
    sample
        ->add_option("--settings", arguments->settings,
                     "what is done to that row, as JSON; else temperature 1 alone")
        ->type_name("FILE");
    sample
        ->add_option("--history", arguments->history,
                     "the token ids before it, for penalties and repeats; dry_breakers, which are "
                     "text, break nothing here")
        ->type_name("FILE");
    sample
        ->add_option("--kept", arguments->kept,
                     "where the ids go that stay, ascending, one a line; XTC acts where it is on")
        ->type_name("FILE");
    sample
        ->add_option("--number", arguments->number,
                     "from 0 to below 1: print the token that it draws, too")
        ->type_name("U");
    sample->add_flag("--json", arguments->json,
                     "one line of JSON a chain and row, or for the token drawn");
    sample->callback([arguments, &run] {
        run = [arguments] {
            const auto status =
                is_about_one_row(*arguments) ? keep(*arguments) : time_all(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace fabula::app
