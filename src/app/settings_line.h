// SPDX-License-Identifier: 0BSD
// Settings in one line for people.
#pragma once

#include "sample/settings.h"

#include <string>

namespace fabula::app {

/// "temperature 0.93  top_k 57": the temperature, and all that differs from the defaults.
std::string settings_line(const sample::Settings& settings);

}  // namespace fabula::app
