// SPDX-License-Identifier: 0BSD
#include "app/model_report.h"

#include "app/open_model.h"
#include "app/progress.h"
#include "app/terminal.h"
#include "model/catalogue.h"
#include "model/gguf_file.h"
#include "model/load.h"
#include "model/memory.h"
#include "model/sha256.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace fabula::app {
namespace {

// "stories15M-q8_0" is an import of the known model "stories15M".
const model::CatalogueEntry* entry_of(const std::string& name) {
    if (const auto* exact = model::known_model(name)) return exact;
    const auto dash = name.rfind('-');
    return dash == std::string::npos ? nullptr : model::known_model(name.substr(0, dash));
}

std::string licence_of(const model::GgufFile& file, const std::string& name) {
    auto stated = file.text("general.license");
    if (!stated.empty()) return stated;
    const auto* entry = entry_of(name);
    return entry != nullptr ? entry->licence : "unknown";
}

std::string stem_of(const std::string& path) {
    return std::filesystem::path(path).stem().string();
}

ModelRow row_of(const std::string& path) {
    ModelRow row;
    row.name = stem_of(path);
    row.path = path;
    std::error_code failure;
    row.size_bytes = std::filesystem::file_size(path, failure);
    const auto file = model::inspect_gguf(path);
    if (!file) {
        row.note = file.error().message;
        return row;
    }
    row.architecture = file->text("general.architecture");
    row.licence = licence_of(*file, row.name);
    const auto* entry = entry_of(row.name);
    row.note = entry != nullptr ? entry->title : file->text("general.name");
    return row;
}

std::uint64_t parameters_of(const model::GgufFile& file) {
    std::uint64_t n = 0;
    for (const auto& tensor : file.tensors) {
        std::uint64_t elements = 1;
        for (const auto length : tensor.shape)
            elements *= length;
        n += elements;
    }
    return n;
}

}  // namespace

std::vector<ModelRow> list_of_models(const std::string& used) {
    std::vector<ModelRow> rows;
    std::set<std::string> known;
    for (const auto& path : installed_models()) {
        rows.push_back(row_of(path));
        rows.back().is_used = rows.back().name == used || path == used;
        if (const auto* entry = entry_of(rows.back().name)) known.insert(entry->name);
    }
    for (const auto& entry : model::catalogue()) {
        if (known.contains(entry.name)) continue;
        std::string note = entry.title;
        for (const auto& piece : entry.pieces) {
            if (!piece.package.empty()) note += "; npm " + piece.package + ", " + piece.path;
        }
        rows.push_back({entry.name, "", entry.size_bytes, entry.architecture, entry.licence, false,
                        std::move(note)});
    }
    return rows;
}

std::string models_as_text(const std::vector<ModelRow>& rows, const std::string& folder) {
    std::string out = "in " + printable_line(folder) + ":\n";
    const auto line = [](const ModelRow& row) {
        return fmt::format("{} {:<28} {:>10}  {:<8} {:<18} {}\n", row.is_used ? ">" : " ",
                           printable_line(row.name), model::readable_size(row.size_bytes),
                           printable_line(row.architecture), printable_line(row.licence),
                           printable_line(row.note));
    };
    bool is_first_absent = true;
    for (const auto& row : rows) {
        if (row.path.empty() && std::exchange(is_first_absent, false))
            out += "\nknown, not here:\n";
        out += line(row);
    }
    return out;
}

Result<ModelReport> inspect_model(const std::string& path) {
    const auto file = model::inspect_gguf(path);
    if (!file) return file.error();
    ModelReport report;
    report.name = stem_of(path);
    report.path = path;
    report.size_bytes = file->size_bytes;
    Progress progress("hashing " + report.name, 1, "");
    const auto hash =
        model::remembered_sha256(path, model::default_hash_folder(), [&](float share) {
            progress.update(static_cast<double>(share));
            return true;
        });
    progress.clear();
    if (!hash) return hash.error();
    report.sha256 = *hash;
    report.architecture = file->text("general.architecture");
    report.licence = licence_of(*file, report.name);
    report.n_parameters = parameters_of(*file);
    report.n_layer = file->number(report.architecture + ".block_count");
    report.n_embd = file->number(report.architecture + ".embedding_length");
    report.window_tokens = file->number(report.architecture + ".context_length");
    if (const auto* tokens = file->array("tokenizer.ggml.tokens")) report.n_vocab = tokens->length;
    for (const auto& tensor : file->tensors)
        ++report.tensor_types[tensor.type];
    report.has_chat_template = file->has("tokenizer.chat_template");
    const auto runnable = model::check_runnable(*file, report.name);
    if (runnable) {
        const auto choice = model::choose_backend(*file);
        report.backend = model::name_of(choice.backend);
        report.why = choice.reason;
    } else {
        report.why = runnable.error().message;
    }
    return report;
}

std::string model_as_text(const ModelReport& report) {
    std::string types;
    for (const auto& [type, n] : report.tensor_types)
        types += fmt::format("{}{} {}", types.empty() ? "" : ", ", n, type);
    const auto line = [](const char* name, const std::string& value) {
        return fmt::format("{:<14} {}\n", name, printable_line(value));
    };
    return line("name", report.name) + line("file", report.path) +
           line("size", model::readable_size(report.size_bytes)) + line("sha256", report.sha256) +
           line("licence", report.licence) + line("architecture", report.architecture) +
           line("parameters",
                fmt::format("{:.1f} million", static_cast<double>(report.n_parameters) / 1e6)) +
           line("layers", std::to_string(report.n_layer)) +
           line("width", std::to_string(report.n_embd)) +
           line("vocabulary", std::to_string(report.n_vocab) + " tokens") +
           line("window", std::to_string(report.window_tokens) + " tokens") +
           line("tensors", types) + line("chat template", report.has_chat_template ? "yes" : "no") +
           line("backend", (report.backend.empty() ? "none" : report.backend) + ": " + report.why);
}

}  // namespace fabula::app
