// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/configuration.h"
#include "app/doctor.h"
#include "app/exit_status.h"
#include "app/paths.h"
#include "app/settings_flags.h"
#include "app/terminal.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

namespace fabula::app {
namespace {

struct DoctorArguments {
    Flags flags;
    bool json = false;
};

int run_doctor(const DoctorArguments& arguments) {
    auto configuration = Configuration::load(arguments.flags, config_file(), process_environment);
    std::vector<Finding> findings;
    if (!configuration) {  // that is a finding too; the rest is examined as if nothing were set
        findings.push_back({FindingState::bad, "settings", configuration.error().message});
        configuration = Configuration::load({}, "", [](const auto&) { return std::nullopt; });
        if (!configuration) return fail(configuration.error());
    }
    for (auto& finding : examine(*configuration))
        findings.push_back(std::move(finding));
    if (arguments.json) {
        std::cout << findings_as_json(findings);
    } else {
        const Palette palette(has_color(1, Color::automatic));
        for (const auto& finding : findings) {
            const bool is_good = finding.state == FindingState::good;
            std::cout << (is_good ? palette.accent : palette.warning)
                      << fmt::format("{:<5}", name_of(finding.state)) << palette.plain
                      << fmt::format("{:<11} ", finding.what) << printable_line(finding.words)
                      << '\n';
        }
    }
    const bool is_bad = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.state == FindingState::bad;
    });
    return is_bad ? exit_failed_check : exit_success;
}

}  // namespace

void add_doctor(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand(
        "doctor", "check processor, memory, disk, models and database; 1 if something is bad");
    command->footer("Example:\n  fabula doctor --json");
    auto arguments = std::make_shared<DoctorArguments>();
    add_key_flags(*command, arguments->flags, {"db", "model"});
    command->add_flag("--json", arguments->json, "as JSON");
    command->callback([arguments, &run] { run = [arguments] { return run_doctor(*arguments); }; });
}

}  // namespace fabula::app
