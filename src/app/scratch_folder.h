// SPDX-License-Identifier: 0BSD
// A folder for what is only needed for a while; it goes with all that is in it.
#pragma once

#include <string>

namespace fabula::app {

class ScratchFolder {
public:
    /// A new folder, whose name is `path`, a dot and six letters of its own; for its owner alone,
    /// and locked as long as this process has it.
    explicit ScratchFolder(const std::string& path);
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder();

    bool is_there() const { return !path_.empty(); }  // it could be made
    const std::string& path() const { return path_; }

private:
    std::string path_;
    int lock_ = -1;
};

/// Removes folders of this `path` that nobody has any more, since who made them was killed. Not for
/// what a person wrote.
void remove_abandoned_folders(const std::string& path);

}  // namespace fabula::app
