// SPDX-License-Identifier: 0BSD
// What Fabula keeps on disk, against its budgets, for `fabula cache show`.
#pragma once

#include "app/configuration.h"
#include "model/page_folder.h"

#include <cstdint>
#include <string>
#include <vector>

namespace fabula::app {

/// Something that takes disk.
struct DiskUse {
    std::string what;  // "pages", "database", "models"
    std::string path;
    std::uint64_t size_bytes = 0;
    std::uint64_t most_bytes = 0;  // 0: no limit
};

struct CacheReport {
    std::vector<model::PageFolderUse> models;  // largest first
    std::vector<DiskUse> uses;                 // pages, database, models
};

/// Errors: invalid_input (a budget that is no number).
Result<CacheReport> report_cache(const Configuration& configuration);

std::string cache_as_text(const CacheReport& report);
std::string cache_as_json(const CacheReport& report);

}  // namespace fabula::app
