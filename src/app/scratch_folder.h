// SPDX-License-Identifier: 0BSD
// A folder for what is only needed for a while; it goes with all that is in it.
#pragma once

#include <string>

namespace fabula::app {

class ScratchFolder {
public:
    /// A new folder, whose name is `path`, a dot and six letters of its own; for its owner alone.
    explicit ScratchFolder(const std::string& path);
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder();

    bool is_there() const { return !path_.empty(); }  // it could be made
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

}  // namespace fabula::app
