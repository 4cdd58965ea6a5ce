// SPDX-License-Identifier: 0BSD
#include "app/bench_sample_command.h"

#include "app/bench_sample.h"
#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/files.h"
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
    bool json = false;
};

// One row, and what the settings keep of it.
Result<int> keep(const SampleArguments& arguments) {
    if (arguments.logits.empty() || arguments.kept.empty())
        return Error{ErrorCode::invalid_input,
                     "--logits, --settings and --kept belong together: a row, what is done to it, "
                     "where the ids go that stay"};
    const auto bytes = read_file(arguments.logits, std::size_t{1} << 30U);
    if (!bytes) return bytes.error();
    const auto row = row_from(*bytes, arguments.logits);
    if (!row) return row.error();
    sample::Settings settings;
    settings.temperature = 1;
    if (!arguments.settings.empty()) {
        const auto text = read_file(arguments.settings);
        if (!text) return text.error();
        auto read = sample::settings_from_json(*text, settings);
        if (!read)
            return Error{read.error().code,
                         "'" + arguments.settings + "': " + read.error().message};
        settings = *std::move(read);
    }
    const auto ids = kept_ids(*row, settings);
    if (!ids)
        return Error{ids.error().code, "logits '" + arguments.logits + "': " + ids.error().message};
    if (const auto written = write_file(arguments.kept, *ids); !written) return written.error();
    return exit_success;
}

// What a model says behind the beginning of a text: a row as they come.
Result<SampleRow> model_row(const SampleArguments& arguments) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    const auto model = open_model(configuration->text("model"), {1, 1});
    if (!model) return model.error();
    const auto tokens =
        (*model)->encode("Once upon a time, there was a little", model::Place::start);
    if (!tokens) return tokens.error();
    std::vector<float> logits((*model)->info().n_vocab);
    const std::span<const TokenId> branch(*tokens);
    const auto done = (*model)->step({&branch, 1}, logits, {});
    if (!done) return done.error();
    return stretched_row(logits, arguments.vocab);
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

Result<std::vector<SampleRow>> rows_for(const SampleArguments& arguments) {
    auto rows = made_rows(arguments.vocab);
    auto real = model_row(arguments);
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

Result<int> run_sample(const SampleArguments& arguments) {
    const bool is_kept =
        !arguments.logits.empty() || !arguments.settings.empty() || !arguments.kept.empty();
    return is_kept ? keep(arguments) : time_all(arguments);
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
  fabula bench sample --logits row.f32 --settings settings.json --kept ids.txt)");
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
        ->add_option("--logits", arguments->logits, "a row of float32 numbers instead, - for stdin")
        ->type_name("FILE");
    sample
        ->add_option("--settings", arguments->settings,
                     "what is done to that row, as JSON; else temperature 1 alone")
        ->type_name("FILE");
    sample->add_option("--kept", arguments->kept, "where the ids go that stay, one a line")
        ->type_name("FILE");
    sample->add_flag("--json", arguments->json, "one line of JSON a chain and row");
    sample->callback([arguments, &run] {
        run = [arguments] {
            const auto status = run_sample(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace fabula::app
