// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/files.h"
#include "app/logits_command.h"
#include "app/model_import_command.h"
#include "app/model_report.h"
#include "app/open_model.h"
#include "app/paths.h"
#include "app/pull_command.h"
#include "app/terminal.h"
#include "app/walk_command.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <iostream>
#include <memory>

namespace fabula::app {
namespace {

struct ModelArguments {
    std::string name;
    bool json = false;
};

Result<int> list_models(const ModelArguments& arguments) {
    const auto configuration = Configuration::load({}, config_file(), process_environment);
    if (!configuration) return configuration.error();
    const auto rows = list_of_models(configuration->text("model"));
    std::cout << (arguments.json ? models_as_json(rows) : models_as_text(rows, models_folder()));
    return exit_success;
}

Result<int> show_model(const ModelArguments& arguments) {
    const auto path = find_model(arguments.name);
    if (!path) return path.error();
    const auto report = inspect_model(*path);
    if (!report) return report.error();
    std::cout << (arguments.json ? model_as_json(*report) : model_as_text(*report));
    return exit_success;
}

// The key `model` at the top of the configuration file, the rest as the person left it.
std::string with_model(const std::string& config, const std::string& name) {
    const std::string line = "model = \"" + name + "\"\n";
    for (std::size_t at = 0; at < config.size();) {
        const auto end = std::min(config.find('\n', at), config.size() - 1) + 1;
        const auto text = std::string_view(config).substr(at, end - at);
        const auto first = text.find_first_not_of(" \t");
        const auto rest = first == std::string_view::npos ? "" : text.substr(first);
        if (rest.starts_with('[')) break;
        const auto after =
            rest.starts_with("model") ? rest.find_first_not_of(" \t", 5) : std::string_view::npos;
        if (after != std::string_view::npos && rest[after] == '=')
            return config.substr(0, at) + line + config.substr(end);
        at = end;
    }
    return line + config;
}

Result<int> use_model(const ModelArguments& arguments) {
    const auto path = find_model(arguments.name);
    if (!path) return path.error();
    const auto report = inspect_model(*path);
    if (!report) return report.error();
    std::error_code failure;
    const std::filesystem::path file(*path);
    const bool is_installed = std::filesystem::equivalent(
        file.parent_path().empty() ? "." : file.parent_path(), models_folder(), failure);
    const std::string name =
        is_installed ? file.stem().string() : std::filesystem::absolute(file).string();
    if (name.find_first_of("\"\\\n") != std::string::npos)
        return Error{ErrorCode::invalid_input,
                     "the name of the model has a quote, a backslash or a line break in it"};
    const auto config = read_file(config_file());
    if (!config && config.error().code != ErrorCode::not_found) return config.error();
    if (config) {
        if (const auto sound = config_from_toml(*config); !sound)
            return Error{sound.error().code,
                         "file '" + config_file() + "': " + sound.error().message};
    }
    if (const auto made = make_folder_of(config_file()); !made) return made.error();
    const auto written = write_file(config_file(), with_model(config ? *config : "", name));
    if (!written) return written.error();
    std::cout << name << " is used from now on (" << config_file() << ")\n";
    if (process_environment("FABULA_MODEL"))
        std::cout << "but FABULA_MODEL is set in the environment, and that comes first\n";
    return exit_success;
}

}  // namespace

void add_model(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand(
        "model", "fetch, import, export, list, inspect, choose and measure models");
    command->require_subcommand(1);
    command->footer(R"(Examples:
  fabula model list
  fabula model info stories15M-q8_0
  fabula model use stories15M-q8_0
  fabula model pull TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF:Q4_K_M
  fabula model import bloom-560m --out bloom-560m-q8_0 --type q8_0
  fabula model export stories15M-q8_0 --out stories15M
  fabula model import stories15M.bin --tokenizer tokenizer.bin --out stories15M-f32 --type f32
  fabula model tokens --text "Once upon a time"
  fabula model logits --tokens 1,9038,2501 --out logits.bin)");
    auto arguments = std::make_shared<ModelArguments>();
    const auto set_run = [arguments, &run](CLI::App* sub, auto action) {
        sub->callback([arguments, action, &run] {
            run = [arguments, action] {
                const auto status = action(*arguments);
                return status ? *status : fail(status.error());
            };
        });
    };
    add_model_import(*command, run);
    add_model_export(*command, run);
    auto* list =
        command->add_subcommand("list", "models that are here, and known ones that are not");
    list->add_flag("--json", arguments->json, "as JSON");
    set_run(list, list_models);
    auto* info = command->add_subcommand(
        "info", "architecture, sizes, window, vocabulary, licence, sha256, backend");
    info->add_option("name", arguments->name, "a name from `fabula model list`, or a file")
        ->required();
    info->add_flag("--json", arguments->json, "as JSON");
    set_run(info, show_model);
    auto* use = command->add_subcommand("use", "make a model the default");
    use->add_option("name", arguments->name, "a name from `fabula model list`, or a file")
        ->required();
    set_run(use, use_model);
    add_pull(*command, run);
    add_logits(*command, run);
    add_walk(*command, run);
}

}  // namespace fabula::app
