// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/exit_status.h"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>

namespace {

constexpr const char* exit_words = R"(Exit status:
  0 success, 1 a check found something, 2 usage or bad input, 3 not found, 4 conflict,
  5 no room (window, memory, disk), 6 unavailable (busy, read-only, unreadable), 7 damaged,
  130 stopped by Ctrl-C, 143 stopped by SIGTERM

Start here:
  fabula write "Once upon a time, a lighthouse keeper found a door under the sea."
  fabula story list
  fabula write --help)";

int run_command(int argc, char** argv) {
    CLI::App app("Fabula writes fiction with open language models on your own machine.", "fabula");
    app.set_version_flag("--version", "fabula " FABULA_VERSION);
    app.require_subcommand(0, 1);
    app.footer(exit_words);
    app.option_defaults()->always_capture_default(false);
    fabula::app::Run run;
    fabula::app::add_write(app, run);
    fabula::app::add_story(app, run);
    fabula::app::add_model(app, run);
    fabula::app::add_settings(app, run);
    fabula::app::add_config(app, run);
    fabula::app::add_bench(app, run);
    fabula::app::add_doctor(app, run);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) {
        return app.exit(asked);  // --help, --version
    } catch (const CLI::ParseError& error) {
        return fabula::app::fail({fabula::ErrorCode::invalid_input,
                                  std::string(error.what()) + " (fabula --help shows how)"});
    }
    if (!run) {
        std::cout << app.help();
        return fabula::app::exit_success;
    }
    return run();
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
