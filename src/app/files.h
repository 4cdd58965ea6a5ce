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

/// What `write_file` does, in pieces, for what is too large to hold twice. Until `finish` a reader
/// sees the old file, or none; a file that is given up leaves nothing behind.
class PiecewiseFile {
public:
    /// Errors: as write_file.
    static Result<PiecewiseFile> begin(const std::string& path);
    PiecewiseFile(PiecewiseFile&& other) noexcept;
    PiecewiseFile& operator=(PiecewiseFile&& other) = delete;
    PiecewiseFile(const PiecewiseFile&) = delete;
    PiecewiseFile& operator=(const PiecewiseFile&) = delete;
    ~PiecewiseFile();

    /// Puts `bytes` behind what was written.
    Result<Unit> write(std::string_view bytes);
    /// Syncs, and puts the file in its place; nothing may be written afterwards.
    Result<Unit> finish();

private:
    PiecewiseFile(std::string path, std::string target, int descriptor);

    std::string path_;    // where it goes, as a person named it
    std::string target_;  // the file that is replaced; "" where `path_` is written to as it stands
    std::string beside_;  // where it grows; "" like `target_`, and once it is in place
    int descriptor_;      // -1 once closed
};

/// Makes the folder that `path` stands in, and those above it. Errors: unavailable, exhausted.
Result<Unit> make_folder_of(const std::string& path);

}  // namespace fabula::app
