// SPDX-License-Identifier: 0BSD
// What an import did, for people and for programs. Pure functions.
#pragma once

#include "exchange/import.h"

#include <string>

namespace fabula::app {

/// A table of the counts, then what was left out by reason, with the first of each.
std::string import_as_text(const exchange::ImportReport& report, bool is_dry);

/// One line: docs/formats/import.md.
std::string import_as_json(const exchange::ImportReport& report, bool is_dry);

}  // namespace fabula::app
