// SPDX-License-Identifier: 0BSD
// Time as an argument. Whoever records a moment is handed it; only the rim reads the clock.
#pragma once

#include <cstdint>
#include <string>

namespace fabula {

/// Milliseconds since 1970-01-01T00:00:00Z.
enum class Timestamp : std::int64_t {};

/// The wall clock, now.
Timestamp now();

/// "2026-01-31T09:05:07.123Z"
std::string to_iso8601(Timestamp time);

}  // namespace fabula
