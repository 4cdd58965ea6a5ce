// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/exit_status.h"
#include "app/terminal.h"
#include "base/width.h"
#include "preference/policy.h"
#include "sample/settings.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace fabula::app {
namespace {

std::string range_of(const sample::Field& field) {
    return fmt::format("{}{:g} to {:g}", field.low_is_open ? "above " : "", field.low, field.high);
}

int explain_settings() {
    const Palette palette(has_color(1, Color::automatic));
    const std::size_t width = std::min<std::size_t>(columns(1), 100);
    for (const auto& field : sample::fields()) {
        std::cout << palette.bold << field.name << palette.plain << palette.dim << "  "
                  << range_of(field) << ", default " << fmt::format("{:g}", field.standard)
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

// The coupling of the random policy, as a picture in characters.
int plot_ranges() {
    const preference::RandomRanges ranges;
    constexpr int n_columns = 60;
    constexpr int n_rows = 14;
    const double top = ranges.temperature_high_at_low_top_k;
    const double bottom = ranges.temperature_low;
    std::cout << "temperature that the random policy may draw at each top_k\n\n";
    for (int row = 0; row < n_rows; ++row) {
        const double temperature = top - (top - bottom) * row / (n_rows - 1);
        std::cout << fmt::format("{:5.2f} |", temperature);
        for (int column = 0; column < n_columns; ++column) {
            const int top_k = ranges.top_k_low +
                              (ranges.top_k_high - ranges.top_k_low) * column / (n_columns - 1);
            const bool may = temperature <= preference::temperature_ceiling(ranges, top_k) + 1e-9;
            std::cout << (may ? '#' : ' ');
        }
        std::cout << '\n';
    }
    std::cout << "      +" << std::string(n_columns, '-') << '\n'
              << fmt::format("top_k {:<{}}{}\n", ranges.top_k_low, n_columns - 2,
                             ranges.top_k_high);
    return exit_success;
}

}  // namespace

void add_settings(CLI::App& app, Run& run) {
    auto* command =
        app.add_subcommand("settings", "what the sampling settings mean and where they may lie");
    command->require_subcommand(1);
    command->footer("Examples:\n  fabula settings explain\n  fabula settings plot");
    command->add_subcommand("explain", "every setting: range, default, meaning, source")
        ->callback([&run] { run = explain_settings; });
    command->add_subcommand("plot", "the ranges of the random policy: hotter where top_k is low")
        ->callback([&run] { run = plot_ranges; });
}

}  // namespace fabula::app
