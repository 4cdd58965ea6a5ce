// SPDX-License-Identifier: 0BSD
// Memory and lore as people write them: a file each, a line a note, read anew at each step, so that
// whoever (or whatever) changes the file meanwhile is heard.
#pragma once

#include "base/result.h"
#include "story/prompt.h"

#include <functional>
#include <string>
#include <vector>

namespace fabula::app {

struct NoteFiles {
    std::string memory;  // "" where there is none
    std::string lore;    //
};

/// What gives the notes at each step: those of the files, and of a kind that has no file those of
/// `carried`. Reads the files once to see that it can; where that fails later (an editor is
/// writing), the notes stay as they were, and `on_trouble` hears why, each trouble once. Errors: as
/// read_file, invalid_input (not UTF-8, a NUL; standard input or a pipe, which are there only
/// once).
Result<std::function<Result<std::vector<story::Note>>()>> note_source(
    const NoteFiles& files, const std::vector<story::Note>& carried,
    const std::function<void(const std::string&)>& on_trouble);

}  // namespace fabula::app
