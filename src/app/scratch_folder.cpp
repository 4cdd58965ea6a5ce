// SPDX-License-Identifier: 0BSD
#include "app/scratch_folder.h"

#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp is POSIX's

#include <filesystem>
#include <system_error>

namespace fabula::app {

ScratchFolder::ScratchFolder(const std::string& path) : path_(path + ".XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) path_.clear();
}

ScratchFolder::~ScratchFolder() {
    std::error_code fault;
    if (!path_.empty()) std::filesystem::remove_all(path_, fault);
}

}  // namespace fabula::app
