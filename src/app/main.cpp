// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/exit_status.h"
#include "sample/nearest.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace {

constexpr const char* exit_words = R"(Exit status:
  0 success, 1 a check found something, 2 usage or bad input, 3 not found, 4 conflict,
  5 no room (window, memory, disk), 6 unavailable (busy, read-only, unreadable), 7 damaged,
  130 stopped by Ctrl-C, 143 stopped by SIGTERM

Start here:
  fabula write "Once upon a time, a lighthouse keeper found a door under the sea."
  fabula choose "Once upon a time, a lighthouse keeper found a door under the sea."
  fabula story list
  fabula write --help)";

using fabula::Error;
using fabula::ErrorCode;

std::vector<std::string> names_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* command : app.get_subcommands({}))
        names.push_back(command->get_name());
    return names;
}

// "fabula wirte --help": said before the parser takes it for a request for help.
std::optional<Error> unknown_command(const CLI::App& app, int argc, char** argv) {
    if (argc < 2 || *argv[1] == '-') return {};
    const auto names = names_of(app);
    if (std::find(names.begin(), names.end(), argv[1]) != names.end()) return {};
    const std::vector<std::string_view> known(names.begin(), names.end());
    return fabula::sample::unknown_name("command", argv[1], known);
}

// The flag that was probably meant, or "".
std::string nearest_flag(const CLI::App& command, const std::string& typed) {
    std::vector<std::string> names;
    for (const auto* option : command.get_options()) {
        for (const auto& name : option->get_lnames())
            names.push_back("--" + name);
    }
    const std::vector<std::string_view> known(names.begin(), names.end());
    return std::string(fabula::sample::nearest(typed.substr(0, typed.find('=')), known));
}

// The parser's words, and what to do.
Error explained(const CLI::App& app, const CLI::ParseError& error, const std::string& name) {
    const auto* command = app.get_subcommand(name);
    while (!command->get_subcommands().empty())
        command = command->get_subcommands().front();
    std::string path;
    for (const auto* at = command; at != nullptr; at = at->get_parent()) {
        if (!path.empty()) path.insert(0, 1, ' ');
        path.insert(0, at->get_name());
    }
    std::string message = error.what();
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
        command->get_require_subcommand_min() > 0) {
        message = name + " needs to be told what:";
        for (const auto& each : names_of(*command))
            message += " " + each;
    }
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
        const auto extras = app.remaining(true);
        const std::string first = extras.empty() ? "" : extras.front();
        message = "'" + first + "' was not expected";
        if (first.starts_with("--")) {
            const auto nearest = nearest_flag(*command, first);
            if (!nearest.empty()) message += ": did you mean " + nearest + "?";
        } else if (name == "write" || name == "choose") {
            message += ": put the whole prompt in quotes";
        }
    }
    return {ErrorCode::invalid_input, message + " (" + path + " --help shows how)"};
}

int run_command(int argc, char** argv) {
    CLI::App app("Fabula writes fiction with open language models on your own machine.", "fabula");
    app.set_version_flag("--version", "fabula " FABULA_VERSION);
    app.require_subcommand(0, 1);
    app.footer(exit_words);
    app.option_defaults()->always_capture_default(false);
    fabula::app::Run run;
    fabula::app::add_write(app, run);
    fabula::app::add_choose(app, run);
    fabula::app::add_serve(app, run);
    fabula::app::add_story(app, run);
    fabula::app::add_choices(app, run);
    fabula::app::add_model(app, run);
    fabula::app::add_cache(app, run);
    fabula::app::add_settings(app, run);
    fabula::app::add_dataset(app, run);
    fabula::app::add_config(app, run);
    fabula::app::add_bench(app, run);
    fabula::app::add_evaluate(app, run);
    fabula::app::add_doctor(app, run);
    if (const auto typo = unknown_command(app, argc, argv)) return fabula::app::fail(*typo);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) {
        return app.exit(asked);  // --help, --version
    } catch (const CLI::ParseError& error) {
        return fabula::app::fail(explained(app, error, argv[1]));
    }
    if (!run) {
        std::cout << app.help();
        return fabula::app::exit_success;
    }
    const int status = run();
    std::cout.flush();
    if (status == fabula::app::exit_success && !std::cout)
        return fabula::app::fail(
            {fabula::ErrorCode::unavailable, "cannot write to standard output (a full disk?)"});
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run_command(argc, argv);
    } catch (const std::bad_alloc&) {
        return fabula::app::fail({fabula::ErrorCode::exhausted, "out of memory"});
    } catch (const std::exception& error) {  // a foreign library broke its own promise
        return fabula::app::fail({fabula::ErrorCode::unavailable, error.what()});
    }
}
