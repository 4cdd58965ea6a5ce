// SPDX-License-Identifier: 0BSD
// The SHA-256 of files, which names a model in every record of what it wrote. Big files take
// seconds (about 0.4 GB/s without, 1.5 GB/s with processor support), so their hash is remembered
// beside their size, times and place.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <functional>
#include <span>
#include <string>

namespace fabula::model {

/// 64 hexadecimal digits, lower case.
std::string sha256_of(std::span<const std::byte> bytes);

/// The hash of the file's bytes. `on_progress` hears the share done in [0, 1]; false stops.
/// Errors: not_found, unavailable ("stopped", or it may not be read).
Result<std::string> sha256_of_file(const std::string& path,
                                   const std::function<bool(float)>& on_progress = {});

/// The same, remembered in `folder` under the file's path, size, times of change, and inode. A note
/// that is missing, damaged or out of date is replaced; a folder that cannot be written costs only
/// time.
Result<std::string> remembered_sha256(const std::string& path, const std::string& folder,
                                      const std::function<bool(float)>& on_progress = {});

/// Size, times and place of the file as they are now, as text that is another one when the file is
/// changed or another file; "" where there is none.
std::string state_of_file(const std::string& path);

/// Where hashes are remembered unless somebody says otherwise: "hashes" in $FABULA_CACHE, else in
/// $XDG_CACHE_HOME/fabula, else in ~/.cache/fabula; "" when none of them is set.
std::string default_hash_folder();

}  // namespace fabula::model
