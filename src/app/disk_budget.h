// SPDX-License-Identifier: 0BSD
// How much disk Fabula takes, and how much it may: the keys cache_disk_mib, database_mib and
// models_mib. The cache keeps to its budget by itself (model/page_folder.h); of the other two only
// what is new is refused, for nothing that somebody wrote or fetched is ever taken away.
#pragma once

#include "app/configuration.h"
#include "base/result.h"

#include <cstdint>
#include <string>

namespace fabula::app {

/// A key in MiB, as bytes. Errors: invalid_input.
Result<std::uint64_t> mebibytes(const Configuration& configuration, const char* key);

/// The bytes of the database at `path` with what SQLite keeps beside it; 0 for one on a server,
/// which takes none of this machine's disk.
std::uint64_t database_bytes(const std::string& path);
/// Of all files in the models folder.
std::uint64_t models_bytes();

/// Errors: exhausted, when the database (a file) has more than `database_mib`; invalid_input.
Result<Unit> check_database_budget(const Configuration& configuration);
/// Errors: exhausted, when the models folder would have more than `models_mib` with so many bytes
/// more; invalid_input.
Result<Unit> check_models_budget(const Configuration& configuration, std::uint64_t more_bytes);

}  // namespace fabula::app
