// SPDX-License-Identifier: 0BSD
// A folder for what is only needed for a while; it goes with all that is in it.
#pragma once

#include <cassert>
#include <string>

namespace fabula {

class ScratchFolder {
public:
    /// A new folder among the system's temporary files, for its owner alone.
    ScratchFolder();
    /// A new folder, whose name is `path`, a dot and six letters of its own; for its owner alone. A
    /// file in it is locked as long as this process lives and has it.
    explicit ScratchFolder(const std::string& path);
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder();

    bool is_there() const { return !path_.empty(); }  // it could be made
    const std::string& path() const { return path_; }
    /// The path of `name` in it.
    std::string at(const std::string& name) const {
        assert(is_there());
        return path_ + "/" + name;
    }

private:
    std::string path_;
    int lock_ = -1;
};

/// Removes the scratch folders of this `path` whose makers were killed. A folder without the lock's
/// file was made by somebody else, and stays, whatever its name. Not for what a person wrote.
void remove_abandoned_folders(const std::string& path);

}  // namespace fabula
