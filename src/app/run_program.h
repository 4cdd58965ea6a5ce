// SPDX-License-Identifier: 0BSD
// Runs another program to its end, without a shell.
#pragma once

#include "base/result.h"

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace fabula::app {

struct Program {
    std::vector<std::string> words;  // the program, found as a shell finds it, and its arguments
    std::string folder;              // where it runs; "": here
    std::string out;                 // file that its stdout is added to; "": nobody hears it
    std::string said;                // file that its stderr is added to; "": nobody hears it
    std::function<void()> while_it_runs;  // called ten times a second
};

/// When stopped it is asked to end (SIGTERM). Errors: not_found (no such program), unavailable (it
/// failed, naming its status; stopped).
Result<Unit> run_program(const Program& program, const std::stop_token& stop);

}  // namespace fabula::app
