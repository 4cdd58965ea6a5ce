// SPDX-License-Identifier: 0BSD
// How much memory is free, and whether a model fits: asked before a load, since a machine that
// swaps or kills is a worse answer than a sentence with two figures.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fabula::model {

/// Bytes that programs may still take without swapping: MemAvailable of /proc/meminfo. Nothing when
/// the system does not say.
std::optional<std::uint64_t> free_memory_bytes();

/// The same read from the text of a meminfo file.
std::optional<std::uint64_t> free_memory_in(std::string_view meminfo);

/// Errors: exhausted: "model 'x.gguf' needs about 12.3 GiB, 4.0 GiB of memory are free".
Result<Unit> check_fits(const std::string& name, std::uint64_t needed_bytes,
                        std::uint64_t free_bytes);

/// "12.3 GiB", "16.5 MiB", "980 B": for people.
std::string readable_size(std::uint64_t size_bytes);

}  // namespace fabula::model
