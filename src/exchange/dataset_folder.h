// SPDX-License-Identifier: 0BSD
// A folder that is there whole or not at all: built beside its place as .NAME.part-PID, synced,
// then renamed. What is not committed is removed again, also what a process that was killed left.
#pragma once

#include "base/result.h"

#include <string>
#include <utility>

namespace fabula::exchange {

enum class Existing { refused, replaced };

class PartFolder {
public:
    /// Makes the part of the folder `path`, whose parent must be there, and removes parts of it
    /// that nobody holds any more. Where `path` is a link, what it points to is meant.
    ///
    /// A folder with something in it is refused (conflict), or replaced at commit if it holds a
    /// published data set and nothing else. Errors: not_found, conflict, unavailable, exhausted.
    static Result<PartFolder> create(const std::string& path, Existing existing);

    PartFolder(PartFolder&& other) noexcept;
    PartFolder(const PartFolder&) = delete;
    PartFolder& operator=(const PartFolder&) = delete;
    PartFolder& operator=(PartFolder&&) = delete;
    ~PartFolder();

    /// Where the files are to be written.
    const std::string& path() const { return part_; }

    /// Syncs the folders (files are synced by who writes them) and puts the part in its place. A
    /// folder that is replaced is exchanged for it in one step where the file system can; where it
    /// cannot, there is a moment with neither. Errors: conflict (somebody was faster), unavailable,
    /// exhausted.
    Result<Unit> commit();

private:
    PartFolder(std::string target, std::string part, int lock, Existing existing);
    Result<Unit> put_in_place();

    std::string target_;
    std::string part_;  // "" when there is nothing to remove
    int lock_ = -1;     // held as long as the part is alive
    Existing existing_;
};

}  // namespace fabula::exchange
