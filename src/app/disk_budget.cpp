// SPDX-License-Identifier: 0BSD
#include "app/disk_budget.h"

#include "app/open_store.h"
#include "app/paths.h"
#include "model/memory.h"

#include <filesystem>

namespace fabula::app {
namespace {

namespace fs = std::filesystem;
using model::readable_size;

constexpr std::uint64_t most_mebibytes = std::uint64_t{1} << 40U;

std::uint64_t size_of(const fs::path& file) {
    std::error_code failure;
    const auto size = fs::file_size(file, failure);
    return failure ? 0 : size;
}

}  // namespace

Result<std::uint64_t> mebibytes(const Configuration& configuration, const char* key) {
    const auto number = configuration.number(key, 0, most_mebibytes);
    if (!number) return number.error();
    return *number << 20U;
}

std::uint64_t database_bytes(const std::string& path) {
    if (store::is_postgres(path)) return 0;
    return size_of(path) + size_of(path + "-wal") + size_of(path + "-shm");
}

std::uint64_t models_bytes() {
    std::uint64_t sum = 0;
    std::error_code failure;  // a folder that is not there has no models
    for (const auto& entry : fs::directory_iterator(models_folder(), failure)) {
        if (entry.is_regular_file(failure)) sum += size_of(entry.path());
    }
    return sum;
}

Result<Unit> check_database_budget(const Configuration& configuration) {
    const auto most = mebibytes(configuration, "database_mib");
    if (!most) return most.error();
    const std::string path = database_of(configuration);
    const std::uint64_t size = database_bytes(path);
    if (*most == 0 || size <= *most) return Unit{};
    return Error{ErrorCode::exhausted,
                 "the database '" + path + "' has " + readable_size(size) + ", database_mib (" +
                     configuration.source("database_mib") + ") allows " + readable_size(*most) +
                     ": delete stories (`fabula story delete`) or allow more"};
}

Result<Unit> check_models_budget(const Configuration& configuration, std::uint64_t more_bytes) {
    const auto most = mebibytes(configuration, "models_mib");
    if (!most) return most.error();
    const std::uint64_t size = models_bytes() + more_bytes;
    if (*most == 0 || size <= *most) return Unit{};
    return Error{ErrorCode::exhausted,
                 "with the new model '" + models_folder() + "' would have up to " +
                     readable_size(size) + ", models_mib (" + configuration.source("models_mib") +
                     ") allows " + readable_size(*most) + ": remove models or allow more"};
}

}  // namespace fabula::app
