// SPDX-License-Identifier: 0BSD
// What the command returns to the shell: one status for each thing that a caller can do about a
// failure.
#pragma once

#include "base/result.h"

namespace fabula::app {

constexpr int exit_success = 0;
constexpr int exit_failed_check = 1;  // a check that was asked for found something

/// invalid_input 2, not_found 3, conflict 4, exhausted 5, unavailable 6, corrupt 7. Signals add
/// 128: Ctrl-C 130, SIGTERM 143.
int exit_status(ErrorCode code);

/// Prints "fabula: MESSAGE" on stderr, one line, and returns the status.
int fail(const Error& error);

}  // namespace fabula::app
