// SPDX-License-Identifier: 0BSD
#include "app/cache_report.h"
#include "app/commands.h"
#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/paths.h"
#include "app/settings_flags.h"
#include "model/memory.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>
#include <memory>

namespace fabula::app {
namespace {

struct CacheArguments {
    Flags flags;
    std::string model;
    bool json = false;
};

int show_cache(const CacheArguments& arguments) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return fail(configuration.error());
    const auto report = report_cache(*configuration);
    if (!report) return fail(report.error());
    std::cout << (arguments.json ? cache_as_json(*report) : cache_as_text(*report));
    return exit_success;
}

int clear_cache(const CacheArguments& arguments) {
    const auto uses = model::page_folders_in(pages_folder());
    bool is_known = arguments.model.empty();
    for (const auto& use : uses)
        is_known = is_known || use.model_name == arguments.model;
    if (!is_known)
        return fail(
            {ErrorCode::not_found, "no pages of a model '" + arguments.model +
                                       "': `fabula cache show` names those that have some"});
    const auto removed = model::clear_page_folders(pages_folder(), arguments.model);
    if (!removed) return fail(removed.error());
    std::cout << fmt::format("{} pages are removed, {}\n", removed->n_pages,
                             model::readable_size(removed->size_bytes));
    return exit_success;
}

}  // namespace

void add_cache(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand(
        "cache", "what models computed and keep on disk, and how much disk all of Fabula takes");
    command->require_subcommand(1);
    command->footer(
        R"(What a model computes for a story is kept on disk, so that the story opens at once the next time. It
can be computed again: to remove it loses no story. It tells what was written to whoever may read this
user's files; --cache-disk-mib 0 (or cache_disk_mib = 0 in the configuration file) keeps nothing.

Examples:
  fabula cache show
  fabula cache show --json
  fabula cache clear
  fabula cache clear --model bloom-560m-q8_0)");
    auto arguments = std::make_shared<CacheArguments>();
    auto* show = command->add_subcommand("show", "sizes and budgets");
    add_key_flags(*show, arguments->flags, {"db", "cache_disk_mib", "database_mib", "models_mib"});
    show->add_flag("--json", arguments->json, "as JSON");
    show->callback([arguments, &run] { run = [arguments] { return show_cache(*arguments); }; });
    auto* clear = command->add_subcommand("clear", "remove what was computed; stories stay");
    clear->add_option("--model", arguments->model, "of this model alone")->type_name("NAME");
    clear->callback([arguments, &run] { run = [arguments] { return clear_cache(*arguments); }; });
}

}  // namespace fabula::app
