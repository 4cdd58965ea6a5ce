// SPDX-License-Identifier: 0BSD
#include "app/settings_show_command.h"

#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/files.h"
#include "app/open_store.h"
#include "app/paths.h"
#include "app/presets.h"
#include "app/settings_flags.h"
#include "app/step_settings.h"
#include "app/terminal.h"
#include "preference/automatic_proposer.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>
#include <memory>

namespace fabula::app {
namespace {

struct ShowArguments {
    Flags flags;
    std::string chooser = "person";
    std::string name;  // of a preset
    std::string file = "-";
    std::size_t step = 0;  // 0: all
    bool json = false;
    bool explains = false;
};

Result<preference::History> history_of(const ShowArguments& arguments) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    const auto store = open_store(*configuration);
    if (!store) return store.error();
    return (*store)->history(arguments.chooser);
}

std::string cell(const preference::Average& average, const char* format) {
    if (!average.used) return "-";
    std::string used = fmt::format(fmt::runtime(format), *average.used);
    if (!average.mean) return used;
    return fmt::format("{} ({} \xC2\xB1 {})", used,
                       fmt::format(fmt::runtime(format), *average.mean),
                       fmt::format(fmt::runtime(format), average.sd));
}

void print_step(const std::string& name, const preference::StepAverages& step) {
    std::cout << fmt::format("{:>5}  {:>6}  {:<20}  {:<20}  {:<20}  {}\n", name, step.n,
                             cell(step.temperature, "{:.2f}"), cell(step.top_k, "{:.0f}"),
                             cell(step.typical_p, "{:.2f}"), cell(step.max_new_tokens, "{:.0f}"));
}

void print_steps(const StepDump& dump, std::size_t only) {
    const Palette palette(has_color(1, Color::automatic));
    std::cout << palette.dim
              << fmt::format("{:>5}  {:>6}  {:<20}  {:<20}  {:<20}  {}\n", "step", "picks",
                             "temperature", "top_k", "typical_p", "max_new_tokens")
              << palette.plain;
    if (only > 0) {
        print_step(std::to_string(only), dump.at(only));
    } else {
        for (const auto& [number, step] : dump.steps)
            print_step(std::to_string(number), step);
        print_step("other", dump.other);
    }
    std::cout << palette.dim
              << "what the average policy goes by, and in brackets the plain mean of the picks "
                 "\xC2\xB1 their spread\n"
              << palette.plain;
}

Result<Unit> print_selection(const preference::History& history) {
    const auto selection = preference::select_policy(history, {});
    if (!selection) return selection.error();
    std::cout << "\nwhich policy explains held-out picks (five folds by story):\n";
    if (selection->table.empty()) {
        std::cout << "  picks of too few stories; auto draws as random\n";
        return Unit{};
    }
    std::cout << fmt::format("  {:<10} {:>22} {:>20}\n", "policy", "ln P(pick) an offer", "behind");
    for (const auto& row : selection->table)
        std::cout << fmt::format("  {:<10} {:>22.4f} {:>11.4f} \xC2\xB1 {:.4f}\n",
                                 preference::name_of(row.policy), row.log_likelihood, row.behind,
                                 row.noise);
    std::cout << "  over " << selection->table.front().n_offers
              << " offers; auto takes: " << preference::name_of(selection->policy) << '\n';
    return Unit{};
}

Result<int> show_preset(const ShowArguments& arguments) {
    const auto preset = preset_named(arguments.name);
    if (!preset) return preset.error();
    std::cout << (arguments.json ? preset->json : preset_as_text(*preset));
    if (arguments.json && !preset->json.ends_with('\n')) std::cout << '\n';
    return exit_success;
}

Result<int> show(const ShowArguments& arguments) {
    if (!arguments.name.empty()) return show_preset(arguments);
    const auto history = history_of(arguments);
    if (!history) return history.error();
    const StepDump dump = dump_of(*history);
    if (arguments.json && arguments.step > 0) {
        preference::StepAverages step = dump.at(arguments.step);
        step.step = arguments.step;
        std::cout << step_as_json(step) << '\n';
        return exit_success;
    }
    if (arguments.json) {
        std::cout << dump_as_json(dump);
        return exit_success;
    }
    if (dump.steps.empty()) {
        std::cout << "nobody has picked anything yet: fabula choose \"Once upon a time, ...\"\n";
        return exit_success;
    }
    print_steps(dump, arguments.step);
    if (arguments.explains) {
        if (const auto told = print_selection(*history); !told) return told.error();
    }
    return exit_success;
}

Result<int> export_steps(const ShowArguments& arguments) {
    const auto history = history_of(arguments);
    if (!history) return history.error();
    const StepDump dump = dump_of(*history);
    if (dump.steps.empty())
        return Error{ErrorCode::not_found,
                     "nobody has picked anything yet, so there is nothing to export"};
    const auto written = write_file(arguments.file, dump_as_json(dump));
    if (!written) return written.error();
    if (arguments.file != "-")
        std::cerr << dump.steps.size() << " steps written to " << printable_line(arguments.file)
                  << '\n';
    return exit_success;
}

void add_log_flags(CLI::App& command, ShowArguments& arguments) {
    add_key_flags(command, arguments.flags, {"db"});
    command.add_option("--chooser", arguments.chooser, "whose picks: person [person] or score")
        ->check(CLI::IsMember({"person", "score"}))
        ->type_name("WHO");
}

}  // namespace

void add_settings_show(CLI::App& settings, Run& run) {
    auto arguments = std::make_shared<ShowArguments>();
    auto* command = settings.add_subcommand(
        "show", "the settings that people picked, by step; with a NAME, what that preset sets");
    auto* name =
        command->add_option("name", arguments->name, "a preset, from `fabula settings list`");
    command->add_option("--step", arguments->step, "one step, counted from 1")
        ->check(CLI::Range(1, 1'000'000))
        ->excludes(name)
        ->type_name("N");
    command->add_flag(
        "--json", arguments->json,
        "as JSON (docs/formats/step-settings.md); of a preset as --settings reads it");
    command->add_flag("--explain", arguments->explains,
                      "which policy explains held-out picks best: what auto takes, and why");
    add_log_flags(*command, *arguments);
    command->footer(
        "Examples:\n  fabula settings show\n  fabula settings show --step 3 --json\n  fabula "
        "settings show --explain\n  fabula settings show wild");
    command->callback([arguments, &run] {
        run = [arguments] {
            const auto status = show(*arguments);
            return status ? *status : fail(status.error());
        };
    });
    auto wanted = std::make_shared<ShowArguments>();
    auto* exporting = settings.add_subcommand(
        "export", "the same as a file, for `--settings FILE` anywhere, without this database");
    exporting->add_option("file", wanted->file, "where it goes [standard output]");
    add_log_flags(*exporting, *wanted);
    exporting->footer(
        "Examples:\n  fabula settings export mine.json\n  fabula write --settings mine.json "
        "\"The well was dry.\"");
    exporting->callback([wanted, &run] {
        run = [wanted] {
            const auto status = export_steps(*wanted);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace fabula::app
