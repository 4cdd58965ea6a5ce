// SPDX-License-Identifier: 0BSD
// When a request that failed is worth another one, and how long to wait. Pure functions.
#pragma once

#include "base/rng.h"
#include "model/remote/transfers.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace fabula::model {

/// Whether the same request may succeed later, or elsewhere: no connection, a broken or late
/// answer, too many requests (429), a server at its limits (408, 425, 5xx but 501 and 505).
bool is_passing(const HttpEnded& ended);

/// What Retry-After asks for: seconds, or a date (`now`: seconds since 1970). Nothing for what is
/// neither; a date that has passed is 0.
std::optional<std::chrono::milliseconds> retry_after(std::string_view header, double now);

/// The wait before attempt `attempt` (from 1): a number of `numbers`, uniform between half of and
/// the whole of 0.5 s doubled each time, at most 30 s; never less than `asked`.
std::chrono::milliseconds backoff(std::size_t attempt, const Rng& numbers,
                                  std::optional<std::chrono::milliseconds> asked);

}  // namespace fabula::model
