// SPDX-License-Identifier: 0BSD
// Ctrl-C and SIGTERM ask the work to stop; a second one ends the program at once.
#pragma once

#include <stop_token>

namespace fabula::app {

/// Begins to listen; call once, before any thread is started. The token is stopped by the first
/// SIGINT or SIGTERM, and by SIGHUP.
std::stop_token listen_for_signals();

/// Done before a second signal ends the program at once (the terminal's modes); null for nothing.
/// Must be safe in any state of the program.
void before_sudden_exit(void (*last)());

/// The signal that came, or 0. The program's status is then 128 + that number.
int signal_received();

}  // namespace fabula::app
