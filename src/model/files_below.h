// SPDX-License-Identifier: 0BSD
// For tests: what is in a folder.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace fabula::model {

/// The files below it whose names end so, in order.
inline std::vector<std::string> files_below(const std::string& folder,
                                            const std::string& end = "") {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file() && entry.path().string().ends_with(end))
            found.push_back(entry.path().string());
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace fabula::model
