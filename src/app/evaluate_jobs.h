// SPDX-License-Identifier: 0BSD
// Many independent computations on a few threads: the seeds of an evaluation.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <functional>
#include <stop_token>

namespace fabula::app {

/// Calls `job` once for each number below `n_jobs`, lowest first, on `n_threads` threads;
/// `on_progress` on the calling thread, some ten times a second, with how many are done. After
/// `stop`, or the first error, no further job is begun; those at work are waited for. Requires a
/// thread at least. Errors: the first of `job`; exhausted where memory ended.
Result<Unit> run_jobs(std::size_t n_jobs, std::size_t n_threads, const std::stop_token& stop,
                      const std::function<Result<Unit>(std::size_t)>& job,
                      const std::function<void(std::size_t)>& on_progress);

}  // namespace fabula::app
