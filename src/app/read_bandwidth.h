// SPDX-License-Identifier: 0BSD
// How fast this machine reads memory: what a decoder that reads every weight once a step is held
// against.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace fabula::app {

/// Two threads together, as `fabula bench decode` is asked to compare.
constexpr std::size_t n_read_threads = 2;

struct ReadBandwidth {
    double gib_per_second = 0;  // GiB of 2^30 bytes; the best of the passes
    std::size_t buffer_bytes = 0;
};

/// Reads an anonymous buffer of `buffer_bytes` (a multiple of 4096, not 0; touched before, on huge
/// pages where the system gives them) `n_passes` times, each thread its half, with the widest loads
/// that the processor has. Each pass is checked: a wrong sum aborts. Errors: exhausted when there
/// is no such buffer.
Result<ReadBandwidth> read_bandwidth(std::size_t buffer_bytes, std::size_t n_passes);

/// The size of the buffer where `free_bytes` of memory are free: 2 GiB, or half of what is free
/// where that is less, at least 16 MiB.
std::size_t read_buffer_bytes(std::uint64_t free_bytes);

/// The sum of `words`, modulo 2^64, with the widest loads. Requires a length that is a multiple of
/// 64 and a start aligned to 64 bytes.
std::uint64_t wide_sum(std::span<const std::uint64_t> words);

}  // namespace fabula::app
