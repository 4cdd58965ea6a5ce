// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/exit_status.h"
#include "app/presets_command.h"
#include "app/settings_plot.h"
#include "app/settings_show_command.h"
#include "app/terminal.h"
#include "base/width.h"
#include "sample/settings.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

namespace fabula::app {
namespace {

int explain_settings() {
    const Palette palette(has_color(1, Color::automatic));
    const std::size_t width = std::min<std::size_t>(columns(1), 100);
    for (const auto& field : sample::fields()) {
        std::cout << palette.bold << field.name << palette.plain << palette.dim << "  "
                  << sample::range_of(field) << ", default " << fmt::format("{:g}", field.standard)
                  << palette.plain << '\n';
        for (const auto& line : wrapped(field.hint, width - 4))
            std::cout << "    " << line << '\n';
        if (*field.source != '\0') {
            for (const auto& line : wrapped(field.source, width - 4))
                std::cout << "    " << palette.dim << line << palette.plain << '\n';
        }
    }
    return exit_success;
}

}  // namespace

void add_settings(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand(
        "settings", "what the sampling settings mean, and presets: settings by name");
    command->require_subcommand(1);
    command->footer(
        "Examples:\n  fabula settings explain\n  fabula settings save storm --temperature 1.2 "
        "--min-p "
        "0.05\n  fabula settings import preset.json --as theirs\n  fabula settings plot --svg > "
        "ranges.svg");
    auto as_markdown = std::make_shared<bool>(false);
    auto* explain =
        command->add_subcommand("explain", "every setting: range, default, meaning, source");
    explain->add_flag("--markdown", *as_markdown, "as the table of the guide");
    explain->callback([as_markdown, &run] {
        run = [as_markdown] {
            if (!*as_markdown) return explain_settings();
            std::cout << settings_as_markdown();
            return exit_success;
        };
    });
    auto as_svg = std::make_shared<bool>(false);
    auto* plot = command->add_subcommand(
        "plot", "the ranges of the random policy: hotter where top_k is low");
    plot->add_flag("--svg", *as_svg, "as a picture");
    plot->callback([as_svg, &run] {
        run = [as_svg] {
            std::cout << (*as_svg ? ranges_as_svg({}) : ranges_as_text({}));
            return exit_success;
        };
    });
    add_settings_show(*command, run);
    add_presets(*command, run);
}

}  // namespace fabula::app
