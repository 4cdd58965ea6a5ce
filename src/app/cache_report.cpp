// SPDX-License-Identifier: 0BSD
#include "app/cache_report.h"

#include "app/disk_budget.h"
#include "app/open_store.h"
#include "app/paths.h"
#include "app/terminal.h"
#include "model/memory.h"

#include <fmt/format.h>

namespace fabula::app {
namespace {

using model::readable_size;

std::string limit_of(const DiskUse& use) {
    if (use.most_bytes > 0)
        return fmt::format("of {} ({} %)", readable_size(use.most_bytes),
                           use.size_bytes * 100 / use.most_bytes);
    return use.what == "pages" ? "switched off" : "no limit";
}

}  // namespace

Result<CacheReport> report_cache(const Configuration& configuration) {
    CacheReport report{model::page_folders_in(pages_folder()), {}};
    std::uint64_t pages_bytes = 0;
    for (const auto& use : report.models)
        pages_bytes += use.size_bytes;
    const std::string database = database_of(configuration);
    report.uses = {{"pages", pages_folder(), pages_bytes},
                   {"database", store::shown_address(database), database_bytes(database)},
                   {"models", models_folder(), models_bytes()}};
    constexpr const char* keys[] = {"cache_disk_mib", "database_mib", "models_mib"};
    for (std::size_t i = 0; i < report.uses.size(); ++i) {
        const auto most = mebibytes(configuration, keys[i]);
        if (!most) return most.error();
        report.uses[i].most_bytes = *most;
    }
    return report;
}

std::string cache_as_text(const CacheReport& report) {
    std::string text;
    for (const auto& use : report.uses)
        text += fmt::format("{:<9} {:>10}  {:<24} {}\n", use.what, readable_size(use.size_bytes),
                            limit_of(use), printable_line(use.path));
    if (report.models.empty()) return text + "\nno model has pages on disk\n";
    text += "\n   pages        size  model\n";
    for (const auto& use : report.models) {
        const std::string name = use.model_name.empty() ? use.folder : use.model_name;
        text += fmt::format("{:>8}  {:>10}  {}\n", use.n_pages, readable_size(use.size_bytes),
                            printable_line(name));
    }
    return text;
}

}  // namespace fabula::app
