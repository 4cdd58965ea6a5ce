// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/files.h"
#include "app/import_report.h"
#include "app/open_store.h"
#include "app/paths.h"
#include "app/progress.h"
#include "app/settings_flags.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "base/clock.h"
#include "exchange/import.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

namespace fabula::app {
namespace {

struct ImportArguments {
    Flags flags;
    std::string file;
    std::string map;
    std::string format;
    bool is_dry = false;
    bool json = false;
};

constexpr std::size_t most_file_bytes = std::size_t{2} << 30U;
constexpr std::size_t most_map_bytes = std::size_t{1} << 20U;

Error in_file(const std::string& name, const Error& error) {
    return {error.code, "'" + name + "': " + error.message};
}

/// A map is JSON itself, or the file that has it.
Result<exchange::FieldMap> map_named(const std::string& named) {
    const auto first = named.find_first_not_of(" \t\r\n");
    if (first != std::string::npos && named[first] == '{') return exchange::map_from_json(named);
    const auto bytes = read_file(named, most_map_bytes);
    if (!bytes) return bytes.error();
    auto map = exchange::map_from_json(*bytes);
    if (!map) return in_file(named, map.error());
    return map;
}

Result<int> import_choices(const ImportArguments& arguments) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    exchange::ImportOptions options;
    options.now = now();
    options.stop = listen_for_signals();
    if (!arguments.format.empty()) {
        const auto format = exchange::format_named(arguments.format);
        if (!format) return format.error();
        options.format = *format;
    }
    if (!arguments.map.empty()) {
        auto map = map_named(arguments.map);
        if (!map) return map.error();
        options.map = *std::move(map);
    }
    auto bytes = read_file(arguments.file, most_file_bytes);
    if (!bytes) return bytes.error();

    std::unique_ptr<store::Store> store;
    const auto is_there = has_database(*configuration);
    if (!is_there) return is_there.error();
    if (!arguments.is_dry || *is_there) {  // a dry run makes no database where there is none
        auto opened = open_store(*configuration);
        if (!opened) return opened.error();
        store = *std::move(opened);
    }
    Progress progress("import", 100, "");
    options.on_progress = [&](double share) { progress.update(100 * share); };
    const auto report =
        exchange::import_histories(*std::move(bytes), options, {store.get(), arguments.is_dry});
    progress.clear();
    if (!report) return in_file(arguments.file, report.error());
    std::cout << (arguments.json ? import_as_json(*report, arguments.is_dry)
                                 : import_as_text(*report, arguments.is_dry));
    if (report->stories == 0 && report->skipped == 0 && !report->was_stopped)
        std::cerr << "fabula: '" << printable_line(arguments.file) << "' holds no story\n";
    return report->was_stopped ? 128 + signal_received() : exit_success;
}

}  // namespace

void add_choices_import(CLI::App& choices, Run& run) {
    auto* sub = choices.add_subcommand(
        "import", "add stories that others wrote, with what was offered and picked in them");
    auto arguments = std::make_shared<ImportArguments>();
    sub->add_option(
           "file", arguments->file,
           "mongoexport's JSON, CSV, or JSON lines of story export; - reads standard input")
        ->required();
    sub->add_option("--map", arguments->map,
                    "what the fields are called there: a JSON file, or the JSON itself")
        ->type_name("MAP");
    sub->add_option("--format", arguments->format, "json, csv or candidates [as the file looks]")
        ->check(CLI::IsMember({"json", "csv", "candidates"}))
        ->type_name("FORMAT");
    sub->add_flag("--dry-run", arguments->is_dry, "say what would be added, and write nothing");
    add_key_flags(*sub, arguments->flags, {"db"});
    sub->add_flag("--json", arguments->json, "the report as JSON, on one line");
    sub->footer(
        R"(A story that is here already is not added again. What is damaged or out of range is left out, and told
with its line. docs/formats/import.md has the formats and the keys of a map; examples/import has maps.
Examples:
  fabula choices import stories.json --dry-run
  fabula choices import stories.json --map examples/import/continuations.json
  fabula choices import offers.csv --json
  fabula choices import stories.json --map '{"prompt":"title","steps":"turns","candidates":"options",
    "text":"words","picked":"taken","settings":{"temperature":"t"}}')");
    sub->callback([arguments, &run] {
        run = [arguments] {
            const auto status = import_choices(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace fabula::app
