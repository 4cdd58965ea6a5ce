// SPDX-License-Identifier: 0BSD
#include "app/model_import_command.h"

#include "app/configuration.h"
#include "app/disk_budget.h"
#include "app/exit_status.h"
#include "app/files.h"
#include "app/open_model.h"
#include "app/paths.h"
#include "app/progress.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "model/hugging_face/export_folder.h"
#include "model/hugging_face/import_adapter.h"
#include "model/hugging_face/import_folder.h"
#include "model/import_llama2c.h"
#include "model/memory.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>

namespace fabula::app {
namespace {

namespace hugging_face = model::hugging_face;

struct ImportArguments {
    std::string source;
    std::string tokenizer;
    std::string base;
    std::string out;
    std::string type;
    std::string name;
};

struct ExportArguments {
    std::string model;
    std::string out;
};

// What is not there, or may not be looked at, is told of by the import.
std::uint64_t size_of(const std::string& source, const std::string& folder) {
    std::error_code failure;
    if (folder.empty()) {
        const auto size = std::filesystem::file_size(source, failure);
        return failure ? 0 : size;
    }
    std::uint64_t size = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
        if (entry.path().extension() != ".safetensors") continue;
        const auto one = entry.file_size(failure);
        if (!failure) size += one;
    }
    return size;
}

// A checkpoint is of single precision: no type that it is imported to is larger. A folder may be of
// half precision: f32 is then twice its size.
Result<Unit> room_for_model(const std::string& source, const std::string& folder,
                            model::WeightType type) {
    const auto configuration = Configuration::load({}, config_file(), process_environment);
    if (!configuration) return configuration.error();
    const std::uint64_t factor = !folder.empty() && type == model::WeightType::f32 ? 2 : 1;
    return check_models_budget(*configuration, factor * size_of(source, folder));
}

Result<std::string> import_checkpoint(const ImportArguments& arguments, const std::string& out,
                                      const model::ImportOptions& options) {
    const std::string folder = hugging_face::model_folder_of(arguments.source);
    if (folder.empty() == arguments.tokenizer.empty()) {
        return Error{ErrorCode::invalid_input,
                     folder.empty() ? "'" + arguments.source +
                                          "' is no folder; a llama2.c checkpoint needs --tokenizer"
                                    : "--tokenizer is for llama2.c checkpoints; a folder has its "
                                      "own"};
    }
    const auto report =
        folder.empty() ? model::import_llama2c(arguments.source, arguments.tokenizer, out, options)
                       : hugging_face::import_folder(folder, out, options);
    if (!report) return report.error();
    std::string text =
        fmt::format("{}: {} layers of {}, {} tokens, window {}, {} head, {}, {}\n",
                    printable_line(out), report->n_layer, report->n_embd, report->n_vocab,
                    report->window_tokens, report->tied_head ? "tied" : "own",
                    model::name_of(options.type), model::readable_size(report->size_bytes));
    for (const auto& tensor : report->kept_f16)
        text += "  " + tensor + " stays f16: no block of " + model::name_of(options.type) +
                " divides its rows\n";
    for (const auto& tensor : report->left_out)
        text += "  " + printable_line(tensor) + " is left out: the model does not read it\n";
    return text;
}

Result<std::string> import_lora(const ImportArguments& arguments, const std::string& folder,
                                const std::string& out, const model::ImportOptions& options) {
    const auto report = hugging_face::import_adapter(folder, arguments.base, out, options);
    if (!report) return report.error();
    return fmt::format("{}: an adapter of rank {} for {} tensors of a {} model, {}, {}\n",
                       printable_line(out), report->rank, report->n_changed, report->architecture,
                       model::name_of(options.type), model::readable_size(report->size_bytes));
}

Result<int> import_model(const ImportArguments& arguments) {
    const std::string folder = hugging_face::model_folder_of(arguments.source);
    const bool is_adapter = !folder.empty() && hugging_face::is_adapter(folder);
    const std::string standard = is_adapter ? "f32" : "q8_0";
    const auto type = model::weight_type_named(arguments.type.empty() ? standard : arguments.type);
    if (!type) return type.error();
    const auto stop = listen_for_signals();
    std::string out = arguments.out;
    if (out.find('/') == std::string::npos && !std::filesystem::path(out).has_extension())
        out = models_folder() + "/" + out + ".gguf";
    if (const auto made = make_folder_of(out); !made) return made.error();
    if (const auto room = room_for_model(arguments.source, folder, *type); !room)
        return room.error();
    Progress progress("importing " + std::filesystem::path(out).filename().string(), 1, "");
    model::ImportOptions options;
    options.name =
        arguments.name.empty() ? std::filesystem::path(out).stem().string() : arguments.name;
    options.type = *type;
    options.on_progress = [&](float share) {
        progress.update(static_cast<double>(share));
        return !stop.stop_requested();
    };
    const auto text = is_adapter ? import_lora(arguments, folder, out, options)
                                 : import_checkpoint(arguments, out, options);
    progress.clear();
    if (stop.stop_requested()) return 128 + signal_received();
    if (!text) return text.error();
    std::cout << *text;
    return exit_success;
}

Result<int> export_model(const ExportArguments& arguments) {
    const auto path = find_model(arguments.model);
    if (!path) return path.error();
    const auto stop = listen_for_signals();
    Progress progress("exporting " + std::filesystem::path(*path).filename().string(), 1, "");
    const auto report = hugging_face::export_folder(*path, arguments.out, [&](float share) {
        progress.update(static_cast<double>(share));
        return !stop.stop_requested();
    });
    progress.clear();
    if (stop.stop_requested()) return 128 + signal_received();
    if (!report) return report.error();
    std::cout << fmt::format("{}: {} tensors of a {} model, {}, {}\n",
                             printable_line(arguments.out), report->n_tensors, report->architecture,
                             report->dtype, model::readable_size(report->size_bytes));
    return exit_success;
}

// Sets what runs when `sub` was called.
template <typename Arguments, typename Action>
void set_run(CLI::App* sub, const std::shared_ptr<Arguments>& arguments, Action action, Run& run) {
    sub->callback([arguments, action, &run] {
        run = [arguments, action] {
            const auto status = action(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace

void add_model_import(CLI::App& model_command, Run& run) {
    auto arguments = std::make_shared<ImportArguments>();
    auto* import = model_command.add_subcommand(
        "import", "make a GGUF file of a Hugging Face model or adapter, or a llama2.c checkpoint");
    import
        ->add_option(
            "source", arguments->source,
            "DIR: a model or a PEFT adapter; FILE or FILE:BEGIN:END: a llama2.c checkpoint")
        ->required();
    import
        ->add_option("--tokenizer", arguments->tokenizer,
                     "of a llama2.c checkpoint: its tokenizer.bin, or a part of a file")
        ->type_name("FILE");
    import
        ->add_option("--base", arguments->base,
                     "of an adapter: the model that it was trained on, a folder or a GGUF file")
        ->type_name("MODEL");
    import->add_option("--out", arguments->out, "a file, or a name in the models folder")
        ->required()
        ->type_name("FILE");
    import
        ->add_option("--type", arguments->type, "f32, f16, q8_0 or q4_0 [q8_0; f32 for an adapter]")
        ->type_name("TYPE");
    import->add_option("--name", arguments->name, "general.name of the model")->type_name("TEXT");
    set_run(import, arguments, import_model, run);
}

void add_model_export(CLI::App& model_command, Run& run) {
    auto arguments = std::make_shared<ExportArguments>();
    auto* sub = model_command.add_subcommand(
        "export", "write a GGUF model as a Hugging Face folder (safetensors)");
    sub->add_option("model", arguments->model, "a name from `fabula model list`, or a file")
        ->required();
    sub->add_option("--out", arguments->out, "a folder, new or empty")
        ->required()
        ->type_name("DIR");
    set_run(sub, arguments, export_model, run);
}

}  // namespace fabula::app
