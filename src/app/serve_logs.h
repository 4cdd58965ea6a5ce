// SPDX-License-Identifier: 0BSD
// What the server says on standard error, one JSON object a line, without words of a story and
// without secrets.
#pragma once

#include <string>
#include <string_view>

namespace fabula::app {

/// A line as serve::line_of has it.
void log_access(std::string_view line);
void log_trouble(const std::string& line);

}  // namespace fabula::app
