// SPDX-License-Identifier: 0BSD
// Whole files in and out.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace fabula::app {

/// The bytes of a file, "-" for stdin; at most `most_bytes`.
/// Errors: not_found, unavailable (may not be read), invalid_input (a folder, too large).
Result<std::string> read_file(const std::string& path, std::size_t most_bytes = 64U << 20U);

/// Writes beside `path`, syncs and renames, so that a reader sees the old file or the new one; what
/// a link points to is replaced, not the link. Something that is no ordinary file (a device, a
/// pipe) is written to as it stands; "-" is stdout. Errors: not_found (no such folder),
/// invalid_input (a folder), unavailable, exhausted (disk full).
Result<Unit> write_file(const std::string& path, std::string_view bytes);

/// Makes the folder that `path` stands in, and those above it. Errors: unavailable, exhausted.
Result<Unit> make_folder_of(const std::string& path);

}  // namespace fabula::app
