// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/files.h"
#include "app/open_store.h"
#include "app/paths.h"
#include "app/progress.h"
#include "app/settings_flags.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "evaluate/choices_report_page.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <optional>
#include <stop_token>

namespace fabula::app {
namespace {

struct ReportArguments {
    Flags flags;
    std::string out;
    std::string chooser;  // "" for persons, or the score where there are none
    bool json = false;
};

struct ReportFiles {
    std::string page;
    std::string data;
};

// Reads one story after another; empty where somebody asked to stop.
Result<std::optional<evaluate::ChoicesLog>> read_log(store::Store& store,
                                                     const std::stop_token& stop) {
    const auto stories = store.list();
    if (!stories) return stories.error();
    evaluate::ChoicesLog log;
    Progress progress("reading", static_cast<double>(stories->size()), "stories");
    for (const auto& summary : *stories) {
        if (stop.stop_requested()) return std::optional<evaluate::ChoicesLog>();
        auto story = store.load(summary.record.id);
        if (story)
            evaluate::add_story(log, *story);
        else if (story.error().code != ErrorCode::not_found)  // removed by another process
            return story.error();
        progress.update(static_cast<double>(log.n_stories));
    }
    return std::optional(std::move(log));
}

// What there is to say where the chooser decided nothing that can be compared.
Error nothing_to_compare(const evaluate::ChoicesReport& report) {
    if (report.n_by_person + report.n_by_score == 0)
        return {ErrorCode::not_found,
                "nothing was chosen yet in this database: write a story first (fabula write)"};
    std::string message = fmt::format("the chooser '{}' picked nothing of two candidates or more",
                                      evaluate::name_of(report.chooser));
    if (report.chooser == evaluate::Chooser::person && report.n_by_score > 0)
        message += fmt::format(
            "; the score decided on {}: --chooser score",
            report.n_by_score == 1 ? "1 offer" : fmt::format("{} offers", report.n_by_score));
    if (report.chooser == evaluate::Chooser::score && report.n_by_person > 0)
        message += "; persons did: --chooser person";
    return {ErrorCode::not_found, message};
}

// A page that somebody else made is not written over.
Result<Unit> check_is_ours(const ReportFiles& files) {
    const auto page = read_file(files.page);
    if (page) {
        if (page->find(evaluate::page_mark) == std::string::npos)
            return Error{ErrorCode::conflict, "'" + files.page +
                                                  "' is there and no report of ours: choose "
                                                  "another folder with --out"};
        return Unit{};
    }
    if (page.error().code == ErrorCode::not_found) return Unit{};
    return page.error();
}

Result<Unit> write_report(const ReportFiles& files, const evaluate::ChoicesReport& report) {
    const auto made = now();
    if (const auto folder = make_folder_of(files.page); !folder) return folder.error();
    if (const auto ours = check_is_ours(files); !ours) return ours.error();
    // The page last: where it stands, its numbers do.
    if (const auto data = write_file(files.data, evaluate::report_as_json(report, made)); !data)
        return data.error();
    return write_file(files.page, evaluate::report_as_page(report, made));
}

int report_choices(const ReportArguments& arguments) {
    std::optional<evaluate::Chooser> asked;
    if (!arguments.chooser.empty()) {
        const auto chooser = evaluate::chooser_named(arguments.chooser);
        if (!chooser) return fail(chooser.error());
        asked = *chooser;
    }
    if (arguments.out.empty() || arguments.out == "-")
        return fail({ErrorCode::invalid_input, "--out needs a folder: --out report"});
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return fail(configuration.error());
    const auto stop = listen_for_signals();
    auto store = open_store(*configuration);
    if (!store) return fail(store.error());
    const auto log = read_log(**store, stop);
    if (!log) return fail(log.error());
    if (!*log) {
        std::cerr << "fabula: stopped, nothing was written" << std::endl;
        return 128 + signal_received();
    }
    const auto report = evaluate::report_choices(**log, asked);
    if (report.n_compared == 0) return fail(nothing_to_compare(report));
    if (report.is_fallback)
        std::cerr << "fabula: no person picked anything here, so this is what the score picked "
                     "(--chooser score)"
                  << std::endl;
    const ReportFiles files{arguments.out + "/index.html", arguments.out + "/report.json"};
    if (const auto written = write_report(files, report); !written) return fail(written.error());
    if (arguments.json)
        std::cout << evaluate::summary_as_json(report, files.page, files.data);
    else
        std::cout << fmt::format("{} offers of {} stories, picked by {}: {}\nthe numbers: {}\n",
                                 report.n_compared, report.n_compared_stories,
                                 evaluate::name_of(report.chooser), printable_line(files.page),
                                 printable_line(files.data));
    return exit_success;
}

}  // namespace

void add_choices_report(CLI::App& choices, Run& run) {
    auto* command = choices.add_subcommand(
        "report", "one page that shows what was picked: settings, words, places");
    command->footer(
        R"(Writes DIR/index.html, which needs no network and no script, and DIR/report.json with all its numbers.
Reads every story of the database. Nothing of the stories stands in them but first words.
Few data give no figure: fewer than 10 stories or 30 offers that differ, or 20 showings.

Examples:
  fabula choices report --out report
  fabula choices report --out report --chooser score    # what the program itself took
  fabula choices report --out report --json)");
    auto arguments = std::make_shared<ReportArguments>();
    command->add_option("--out", arguments->out, "folder to write to; made where it is missing")
        ->type_name("DIR")
        ->required();
    command
        ->add_option("--chooser", arguments->chooser,
                     "whose choices: person (default; score where there are none), score, any")
        ->type_name("WHO");
    add_key_flags(*command, arguments->flags, {"db"});
    command->add_flag("--json", arguments->json, "say where it is and how many, as JSON");
    command->callback(
        [arguments, &run] { run = [arguments] { return report_choices(*arguments); }; });
}

}  // namespace fabula::app
