// SPDX-License-Identifier: 0BSD
#include "app/presets_command.h"

#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/files.h"
#include "app/paths.h"
#include "app/presets.h"
#include "app/settings_flags.h"
#include "app/terminal.h"
#include "sample/foreign_settings.h"
#include "sample/settings_schema.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>
#include <memory>

namespace fabula::app {
namespace {

struct PresetArguments {
    std::string name;
    std::string file;
    std::string program;
    Flags flags;
    bool json = false;
    bool json_schema = false;
};

Result<int> list(const PresetArguments& arguments) {
    const auto all = presets();
    if (arguments.json) {
        std::cout << presets_as_json(all);
        return exit_success;
    }
    for (const auto& preset : all)
        std::cout << fmt::format("{:<16} {}\n", preset.name,
                                 printable_line(preset.hint.empty() ? "saved" : preset.hint));
    return exit_success;
}

// What the command line says, and a settings file or preset that it names; what the environment
// and the configuration file say is not part of it.
Result<int> save(const PresetArguments& arguments) {
    const auto nothing = [](const std::string&) { return std::optional<std::string>(); };
    const auto configuration = Configuration::load(arguments.flags, "", nothing);
    if (!configuration) return configuration.error();
    std::vector<std::string> names;
    for (const auto& name : configuration->set_settings())
        names.push_back(name);
    if (names.empty())
        return Error{ErrorCode::invalid_input,
                     "nothing to save: give settings, as --temperature 1.1 or --settings FILE"};
    const auto json = chosen_json(configuration->settings(), names);
    if (const auto saved = save_preset(arguments.name, json); !saved) return saved.error();
    std::cerr << "saved as preset '" << arguments.name << "': fabula write --preset "
              << arguments.name << '\n';
    return exit_success;
}

Result<int> remove(const PresetArguments& arguments) {
    if (const auto removed = remove_preset(arguments.name); !removed) return removed.error();
    return exit_success;
}

Result<int> import(const PresetArguments& arguments) {
    const auto text = read_file(arguments.file, sample::most_preset_bytes + 1);
    if (!text) return text.error();
    std::optional<sample::Program> program;
    if (!arguments.program.empty()) {
        const auto named = sample::program_named(arguments.program);
        if (!named) return named.error();
        program = *named;
    }
    const auto found = sample::settings_from_foreign(*text, program ? &*program : nullptr);
    if (!found)
        return Error{found.error().code, "'" + arguments.file + "': " + found.error().message};
    std::cerr << "a preset of " << sample::name_of(found->program) << '\n';
    for (const auto& line : found->taken)
        std::cerr << "  " << printable_line(line) << '\n';
    for (const auto& line : found->left)
        std::cerr << "! " << printable_line(line) << '\n';
    const auto json = difference_json(found->settings, sample::Settings{});
    if (arguments.name.empty()) {
        std::cout << json << '\n';
        return exit_success;
    }
    if (const auto saved = save_preset(arguments.name, json); !saved) return saved.error();
    std::cerr << "saved as preset '" << arguments.name << "'\n";
    return exit_success;
}

}  // namespace

void add_presets(CLI::App& settings, Run& run) {
    auto arguments = std::make_shared<PresetArguments>();
    const auto verb = [&settings, &run, arguments](const char* name, const char* what,
                                                   auto action) {
        auto* sub = settings.add_subcommand(name, what);
        sub->callback([arguments, action, &run] {
            run = [arguments, action] {
                const auto status = action(*arguments);
                return status ? *status : fail(status.error());
            };
        });
        return sub;
    };
    auto* command = verb("list", "the presets: settings under a name", list);
    command->add_flag("--json", arguments->json, "as JSON, with their settings");
    command = verb("save", "keep settings under a name", save);
    command->add_option("name", arguments->name, "small letters, digits, - and _")->required();
    add_settings_flags(*command, arguments->flags);
    command->footer(R"(Examples:
  fabula settings save storm --temperature 1.2 --min-p 0.05 --bad-word suddenly
  fabula settings save storm2 --preset storm --top-k 80)");
    command = verb("remove", "forget a preset that was saved", remove);
    command->add_option("name", arguments->name, "")->required();
    command = verb("import", "read a preset of another program", import);
    command->add_option("file", arguments->file, "JSON or YAML, - for stdin")->required();
    command->add_option("--as", arguments->name, "save it under this name [printed as JSON]")
        ->type_name("NAME");
    command
        ->add_option("--from", arguments->program,
                     "kobold, sillytavern, webui or huggingface [by its keys]")
        ->type_name("PROGRAM");
    command->footer(R"(What has no equal here is named. Examples:
  fabula settings import Godlike.yaml --as godlike
  fabula settings import generation_config.json > settings.json)");
    command = verb("schema", "every setting as JSON: type, unit, range, default, meaning, source",
                   [](const PresetArguments& given) -> Result<int> {
                       std::cout << (given.json_schema ? sample::settings_json_schema() + "\n"
                                                       : schema_as_json());
                       return exit_success;
                   });
    command->add_flag("--json", arguments->json, "as it is without");
    command->add_flag("--json-schema", arguments->json_schema,
                      "as a JSON Schema (2020-12), as OpenAPI 3.1 has it");
}

}  // namespace fabula::app
