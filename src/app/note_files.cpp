// SPDX-License-Identifier: 0BSD
#include "app/note_files.h"

#include "app/files.h"
#include "engine/prompt.h"
#include "engine/write.h"

#include <algorithm>
#include <iterator>

namespace fabula::app {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 20U;

Result<std::vector<story::Note>> notes_of(const std::string& file, story::PartKind kind) {
    const auto text = read_file(file, most_bytes);
    if (!text) return text.error();
    auto notes = engine::notes_in(*text, kind);
    if (notes.empty()) return notes;
    const std::string what = std::string(story::name_of(kind)) + " file '" + file + "'";
    if (const auto sound = engine::check_text(what, *text); !sound) return sound.error();
    return notes;
}

}  // namespace

Result<std::function<Result<std::vector<story::Note>>()>> note_source(
    const NoteFiles& files, std::vector<story::Note> carried) {
    for (const auto& file : {files.memory, files.lore}) {
        if (file == "-")
            return Error{ErrorCode::invalid_input,
                         "memory and lore are read anew at each step: name a file, not -"};
    }
    const auto read = [files, carried = std::move(carried)]() -> Result<std::vector<story::Note>> {
        std::vector<story::Note> all;
        for (const auto kind : {story::PartKind::memory, story::PartKind::lore}) {
            const auto& file = kind == story::PartKind::memory ? files.memory : files.lore;
            if (file.empty()) {
                std::copy_if(carried.begin(), carried.end(), std::back_inserter(all),
                             [&](const auto& note) { return note.kind == kind; });
                continue;
            }
            const auto notes = notes_of(file, kind);
            if (!notes) return notes.error();
            all.insert(all.end(), notes->begin(), notes->end());
        }
        return all;
    };
    if (const auto once = read(); !once) return once.error();
    return std::function<Result<std::vector<story::Note>>()>(read);
}

}  // namespace fabula::app
