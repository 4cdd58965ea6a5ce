// SPDX-License-Identifier: 0BSD
// Whether this machine can write stories, and if not, what to do about it.
#pragma once

#include "app/configuration.h"

#include <string>
#include <vector>

namespace fabula::app {

enum class FindingState { good, poor, bad };

/// "ok", "poor", "BAD".
const char* name_of(FindingState state);

struct Finding {
    FindingState state = FindingState::good;
    std::string what;   // "processor", "memory", "disk", "llama.cpp", "model", "database"
    std::string words;  // one sentence, with what to do where it is not good
};

/// Examines everything; never changes anything (a database that is not there yet is not made).
std::vector<Finding> examine(const Configuration& configuration);

std::string findings_as_json(const std::vector<Finding>& findings);

}  // namespace fabula::app
