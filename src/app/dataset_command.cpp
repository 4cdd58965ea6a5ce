// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/open_store.h"
#include "app/paths.h"
#include "app/progress.h"
#include "app/settings_flags.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "exchange/dataset_check.h"
#include "exchange/dataset_files.h"
#include "exchange/dataset_json.h"
#include "exchange/dataset_publish.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <sstream>
#include <system_error>

namespace fabula::app {
namespace {

constexpr std::size_t most_name_file_bytes = std::size_t{4} << 20;

struct DatasetArguments {
    Flags flags;
    std::string folder;
    std::vector<std::string> only;
    std::vector<std::string> redact;       // files of names
    std::vector<std::string> redact_name;  // names
    bool without_prompts = false;
    std::string chooser = "person";
    std::string split = "0.9,0.05,0.05";
    bool replace = false;
    bool json = false;
    exchange::PublishOptions options;
};

/// The names of the files, one a line, then those that were given one by one.
Result<exchange::Redaction> redaction_of(const DatasetArguments& arguments) {
    std::vector<std::string> names;
    for (const auto& path : arguments.redact) {
        const auto bytes = exchange::bytes_of_file(path, most_name_file_bytes);
        if (!bytes) return bytes.error();
        std::istringstream lines(*bytes);
        for (std::string line; std::getline(lines, line);)
            names.push_back(line);
    }
    names.insert(names.end(), arguments.redact_name.begin(), arguments.redact_name.end());
    auto redaction = exchange::Redaction::of(names);
    const bool is_asked = !arguments.redact.empty() || !arguments.redact_name.empty();
    if (redaction && is_asked && redaction->size() == 0)
        return Error{ErrorCode::invalid_input, "no name to redact is given: a name a line"};
    return redaction;
}

Result<exchange::PublishOptions> options_of(const DatasetArguments& arguments) {
    exchange::PublishOptions options = arguments.options;
    options.folder = arguments.folder;
    auto only = exchange::Filter::of(arguments.only);
    if (!only) return only.error();
    options.rules.only = *std::move(only);
    auto redaction = redaction_of(arguments);
    if (!redaction) return redaction.error();
    options.rules.redaction = *std::move(redaction);
    if (arguments.without_prompts) options.rules.prompts = exchange::Prompts::left_out;
    const auto chooser = exchange::chooser_named(arguments.chooser);
    if (!chooser) return chooser.error();
    options.rules.chooser = *chooser;
    const auto shares = exchange::shares_named(arguments.split);
    if (!shares) return shares.error();
    options.split.shares = *shares;
    if (arguments.replace) options.existing = exchange::Existing::replaced;
    return options;
}

Result<int> publish_dataset(const DatasetArguments& arguments) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    auto options = options_of(arguments);
    if (!options) return options.error();
    const auto stop = listen_for_signals();
    const auto store = open_store(*configuration);
    if (!store) return store.error();
    std::unique_ptr<Progress> progress;
    options->on_progress = [&](std::size_t done, std::size_t all) {
        if (!progress)
            progress = std::make_unique<Progress>("publish", static_cast<double>(all), "stories");
        progress->update(static_cast<double>(done));
    };
    const auto published = exchange::publish(**store, *options, stop);
    if (progress) progress->clear();
    if (!published) {
        if (!stop.stop_requested()) return published.error();
        fail(published.error());
        return 128 + signal_received();
    }
    const std::size_t n_files = exchange::dataset_files().size() + 1;
    if (arguments.json) {
        std::cout << exchange::published_as_json(*published, arguments.folder, n_files);
        return exit_success;
    }
    const auto total = published->total();
    std::cout << fmt::format(
        "{} stories, {} offers, {} pairs in {} ({}); its card is {}/README.md\n", total.stories,
        total.offers, total.pairs, printable_line(arguments.folder), published->license,
        printable_line(arguments.folder));
    if (total.pairs == 0)
        std::cerr << "no pair: nothing was picked by "
                  << (published->chooser == exchange::Chooser::person
                          ? "a person (--chooser any takes the score's choices, too)\n"
                          : "those who count (--chooser)\n");
    return exit_success;
}

double size_of(const std::string& folder) {
    double bytes = 1;
    std::error_code failed;
    for (const auto& name : exchange::dataset_files()) {
        const auto size = std::filesystem::file_size(std::filesystem::path(folder) / name, failed);
        if (!failed) bytes += 2 * static_cast<double>(size);
    }
    return bytes;
}

Result<int> check_published(const DatasetArguments& arguments) {
    const auto stop = listen_for_signals();
    constexpr double mib = 1 << 20;
    Progress progress("check", size_of(arguments.folder) / mib, "MiB");
    const auto report = exchange::check_dataset(
        arguments.folder, {[&](double done, double /*all*/) { progress.update(done / mib); }},
        stop);
    progress.clear();
    if (!report) {
        if (!stop.stop_requested()) return report.error();
        fail(report.error());
        return 128 + signal_received();
    }
    if (arguments.json) {
        std::cout << exchange::check_as_json(*report, arguments.folder);
    } else {
        for (const auto& fault : report->faults)
            std::cout << printable_line(fault.place) << ": " << printable_line(fault.what) << '\n';
        if (report->n_faults > report->faults.size())
            std::cout << "and " << report->n_faults - report->faults.size() << " more\n";
        if (report->n_faults == 0)
            std::cout << fmt::format("sound: {} stories, {} offers, {} pairs\n",
                                     report->manifest.total().stories, report->n_offers,
                                     report->n_pairs);
    }
    return report->n_faults == 0 ? exit_success : exit_failed_check;
}

void add_publish_options(CLI::App& sub, DatasetArguments& arguments) {
    add_key_flags(sub, arguments.flags, {"db"});
    sub.add_option("--out", arguments.folder, "the folder to make")->required()->type_name("DIR");
    sub.add_option("--only", arguments.only,
                   "story=1,2; model=NAME; policy=NAME; user=NAME; chooser=person; "
                   "since=2026-01-31; until=2026-02-28: all that are given must hold")
        ->type_name("KEY=VALUE")
        ->expected(1)
        ->take_all();
    sub.add_option("--chooser", arguments.chooser,
                   "whose choices make pairs: person, score or any [person]")
        ->type_name("WHO");
    sub.add_option("--redact", arguments.redact, "names to take out of all texts, one a line")
        ->type_name("FILE")
        ->expected(1)
        ->take_all();
    sub.add_option("--redact-name", arguments.redact_name, "one such name")
        ->type_name("NAME")
        ->expected(1)
        ->take_all();
    sub.add_flag("--without-prompts", arguments.without_prompts, "leave prompts and openings out");
    sub.add_option("--title", arguments.options.title, "what the data set is called")
        ->type_name("TEXT");
    sub.add_option("--license", arguments.options.license,
                   "as model hubs name it, such as cc0-1.0 [cc-by-4.0]")
        ->type_name("ID");
    sub.add_option("--language", arguments.options.languages, "of the texts, such as en")
        ->type_name("CODE")
        ->expected(1)
        ->take_all();
    sub.add_option("--split", arguments.split,
                   "shares of the stories for train, validation and test [0.9,0.05,0.05]")
        ->type_name("A,B,C");
    sub.add_option("--seed", arguments.options.split.seed,
                   "another number splits the stories another way [0]")
        ->type_name("N");
    sub.add_flag("--replace", arguments.replace, "put it in the place of a data set that is there");
    sub.add_flag("--json", arguments.json, "what was written, as JSON on one line");
    sub.footer(
        R"(What was offered, with settings, log-probabilities and what became of it, as lines of JSON split by
story; pairs of a better and a worse text; a card for model hubs, a schema and checksums. Users and
stories stand under pseudonyms. Look through the card and the texts before you give them away: only the
names that you list are taken out. docs/formats/dataset.md has the format.
Examples:
  fabula dataset publish --out my-choices --language en
  fabula dataset publish --out shared --only user=ada --only since=2026-01-01 --redact names.txt
  fabula dataset publish --out settings-only --without-prompts --chooser any --license cc0-1.0)");
}

}  // namespace

void add_dataset(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand(
        "dataset", "publish what was offered and picked as a data set, check one");
    command->require_subcommand(1);
    command->footer(R"(Examples:
  fabula dataset publish --out my-choices
  fabula dataset check my-choices)");
    auto arguments = std::make_shared<DatasetArguments>();
    using Action = Result<int> (*)(const DatasetArguments&);
    const auto set = [&](CLI::App& sub, Action action) {
        sub.callback([arguments, action, &run] {
            run = [arguments, action] {
                const auto status = action(*arguments);
                return status ? *status : fail(status.error());
            };
        });
    };
    auto* publish = command->add_subcommand("publish", "write a data set");
    add_publish_options(*publish, *arguments);
    set(*publish, publish_dataset);
    auto* check =
        command->add_subcommand("check", "hold a data set to its checksums, its schema and itself");
    check->add_option("folder", arguments->folder, "what publish made")->required();
    check->add_flag("--json", arguments->json, "as JSON, on one line");
    check->footer(R"(Exit status 1 where something is wrong; each fault is a line with its place.
Examples:
  fabula dataset check my-choices
  fabula dataset check my-choices --json)");
    set(*check, check_published);
}

}  // namespace fabula::app
