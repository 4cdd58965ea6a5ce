// SPDX-License-Identifier: 0BSD
// The path of a database before SQLite sees it: its folders, and whether a file can be there at
// all. What is made is for this user alone. Touches the file system.
#pragma once

#include "base/result.h"

#include <string>

namespace fabula::store {

/// Makes missing folders and, where nothing is there, an empty file; a file that is there is left
/// alone. Errors name `path`: invalid_input (a folder, a device, no name), unavailable (not
/// allowed), exhausted (disk full).
Result<Unit> prepare_file(const std::string& path);

/// That the file is empty or begins as SQLite's databases do: SQLite itself takes a file of a few
/// bytes for an empty one and writes over it. Errors: corrupt; as a failed read.
Result<Unit> check_magic(const std::string& path);

/// Writes to the disk that a file in the folder of `path` has appeared or was renamed.
Result<Unit> sync_folder_of(const std::string& path);

/// `text` with every control character replaced, so that a message stays one line.
std::string one_line(std::string text);

/// What a failed system call on `path` means.
Error explain_errno(const std::string& path, int fault);

}  // namespace fabula::store
