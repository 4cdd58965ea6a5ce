// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/paths.h"
#include "app/settings_flags.h"
#include "app/terminal.h"
#include "sample/settings_json.h"
#include "store/store.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>
#include <memory>

namespace fabula::app {
namespace {

std::string value_of(const Configuration& configuration, const sample::Field& field) {
    return fmt::format("{:g}", field.of(configuration.settings()));
}

// What a key without a value means.
std::string meaning_of_nothing(std::string_view name) {
    if (name == "db") return default_database();
    if (name == "seed") return "(drawn anew for each story)";
    if (name == "policy") return "(random, unless temperature, top_k or typical_p is set)";
    if (name == "kernel") return "(the best that this processor has)";
    return "";
}

int show_config(const Flags& flags) {
    const auto configuration = Configuration::load(flags, config_file(), process_environment);
    if (!configuration) return fail(configuration.error());
    const Palette palette(has_color(1, Color::automatic));
    const auto line = [&](const std::string& name, const std::string& value) {
        const bool is_set = configuration->is_set(name);
        std::cout << (is_set ? palette.bold : "")
                  << fmt::format("{:<20} {:<28} ", name, printable_line(value)) << palette.plain
                  << palette.dim << configuration->source(name) << palette.plain << '\n';
    };
    std::cout << "configuration file: " << config_file() << "\n\n";
    for (const auto& key : keys()) {
        std::string value = configuration->text(key.name);
        if (value.empty()) value = meaning_of_nothing(key.name);
        if (std::string_view(key.name) == "db") value = store::shown_address(value);
        line(key.name, value);
    }
    std::cout << '\n';
    for (const auto& field : sample::fields())
        line(field.name, value_of(*configuration, field));
    const auto& settings = configuration->settings();
    line("dry_breakers", fmt::format("{} strings", settings.dry_breakers.size()));
    line("bad_words", fmt::format("{} words", settings.bad_words.size()));
    line("bad_patterns", fmt::format("{} patterns", settings.bad_patterns.size()));
    line("stop", fmt::format("{} strings", settings.stop.size()));
    line("logit_bias", fmt::format("{} tokens", settings.logit_bias.size()));
    line("ignore_end", settings.ignore_end ? "true" : "false");
    std::string order;
    for (const auto stage : settings.order)
        order += std::string(order.empty() ? "" : ",") + sample::name_of(stage);
    line("order", order);
    return exit_success;
}

}  // namespace

void add_config(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand("config", "what a command goes by, and where it is set");
    command->require_subcommand(1);
    command->footer(
        R"(A flag comes before the environment, that before a file, and that before the default.
Examples:
  fabula config show
  FABULA_TEMPERATURE=0.7 fabula config show --top-k 40)");
    auto flags = std::make_shared<Flags>();
    auto* show = command->add_subcommand("show", "every value and its source");
    add_key_flags(*show, *flags,
                  {"steps", "candidates", "policy", "model", "seed", "db", "backend", "kernel",
                   "cache_type", "cache_mib", "cache_disk_mib", "database_mib", "models_mib"});
    add_settings_flags(*show, *flags);
    show->callback([flags, &run] { run = [flags] { return show_config(*flags); }; });
}

}  // namespace fabula::app
