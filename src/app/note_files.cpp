// SPDX-License-Identifier: 0BSD
#include "app/note_files.h"

#include "app/files.h"
#include "engine/prompt.h"
#include "engine/write.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <utility>

namespace fabula::app {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 20U;

Result<std::vector<story::Note>> notes_of(const std::string& file, story::PartKind kind) {
    std::error_code failure;
    if (std::filesystem::exists(file, failure) && !std::filesystem::is_regular_file(file, failure))
        return Error{ErrorCode::invalid_input,
                     "'" + file + "' is no ordinary file: " + story::name_of(kind) +
                         " is read anew at each step"};
    const auto text = read_file(file, most_bytes);
    if (!text) return text.error();
    auto notes = engine::notes_in(*text, kind);
    if (notes.empty()) return notes;
    const std::string what = std::string(story::name_of(kind)) + " file '" + file + "'";
    if (const auto sound = engine::check_text(what, *text); !sound) return sound.error();
    return notes;
}

// The notes of both kinds as they were last read.
class Source {
public:
    Source(const NoteFiles& files, const std::vector<story::Note>& carried,
           std::function<void(const std::string&)> on_trouble)
        : on_trouble_(std::move(on_trouble)) {
        for (const auto kind : {story::PartKind::memory, story::PartKind::lore}) {
            Part& part = parts_.emplace_back();
            part.kind = kind;
            part.file = kind == story::PartKind::memory ? files.memory : files.lore;
            if (!part.file.empty()) continue;
            std::copy_if(carried.begin(), carried.end(), std::back_inserter(part.notes),
                         [&](const auto& note) { return note.kind == kind; });
        }
    }

    /// Errors: of the first file that cannot be read.
    Result<Unit> begin() {
        for (auto& part : parts_) {
            if (part.file.empty()) continue;
            auto notes = notes_of(part.file, part.kind);
            if (!notes) return notes.error();
            part.notes = *std::move(notes);
        }
        return Unit{};
    }

    std::vector<story::Note> now() {
        std::vector<story::Note> all;
        for (auto& part : parts_) {
            if (!part.file.empty()) read_again(part);
            all.insert(all.end(), part.notes.begin(), part.notes.end());
        }
        return all;
    }

private:
    struct Part {
        story::PartKind kind{};
        std::string file;  // "" where there is none
        std::vector<story::Note> notes;
        std::string trouble;  // the last one that was told
    };

    void read_again(Part& part) {
        auto notes = notes_of(part.file, part.kind);
        const std::string trouble = notes ? "" : notes.error().message;
        if (notes)
            part.notes = *std::move(notes);
        else if (trouble != part.trouble)
            on_trouble_(trouble + "; its notes stay as they were");
        part.trouble = trouble;
    }

    std::vector<Part> parts_;
    std::function<void(const std::string&)> on_trouble_;
};

}  // namespace

Result<std::function<Result<std::vector<story::Note>>()>> note_source(
    const NoteFiles& files, const std::vector<story::Note>& carried,
    const std::function<void(const std::string&)>& on_trouble) {
    for (const auto& file : {files.memory, files.lore}) {
        if (file == "-")
            return Error{ErrorCode::invalid_input,
                         "memory and lore are read anew at each step: name a file, not -"};
    }
    const auto source = std::make_shared<Source>(files, carried, on_trouble);
    if (const auto begun = source->begin(); !begun) return begun.error();
    return std::function<Result<std::vector<story::Note>>()>(
        [source]() -> Result<std::vector<story::Note>> { return source->now(); });
}

}  // namespace fabula::app
