// SPDX-License-Identifier: 0BSD
// The report as one HTML page that needs nothing else: no network, no script. Pure functions.
#pragma once

#include "evaluate/choices_report.h"

#include <string>

namespace fabula::evaluate {

/// The words by which a page of ours is known; they stand in its head.
constexpr const char* page_mark = "<meta name=\"generator\" content=\"fabula choices report\"/>";

/// The page. Well-formed as XML, too; everything foreign in it is escaped. `made`: when.
std::string report_as_page(const ChoicesReport& report, Timestamp made);

}  // namespace fabula::evaluate
