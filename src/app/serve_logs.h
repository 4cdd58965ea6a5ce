// SPDX-License-Identifier: 0BSD
// What the server says on standard error, one JSON object a line, without words of a story and
// without secrets.
#pragma once

#include "serve/access_log.h"

#include <string>

namespace fabula::app {

void log_access(const serve::AccessRecord& record);
void log_trouble(const std::string& line);

}  // namespace fabula::app
