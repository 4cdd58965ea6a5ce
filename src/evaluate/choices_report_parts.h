// SPDX-License-Identifier: 0BSD
// The sections of the page, each as HTML.
#pragma once

#include "evaluate/choices_report.h"
#include "evaluate/plot.h"

#include <string>

namespace fabula::evaluate {

/// The style sheet: light and dark by what the reader prefers.
const char* page_style();

/// What is worth saying in a few lines.
std::string findings_part(const ChoicesReport& report);
std::string settings_part(const ChoicesReport& report);
std::string plane_part(const ChoicesReport& report);
std::string policies_part(const ChoicesReport& report);
std::string effects_part(const ChoicesReport& report);
std::string words_part(const ChoicesReport& report);
std::string places_part(const ChoicesReport& report);
std::string outcomes_part(const ChoicesReport& report);
std::string methods_part();

/// A plot of win rates, with its numbers; a sentence where there are none. `what` heads the first
/// column of the table.
std::string rates_figure(const PlotTexts& texts, const std::string& what,
                         const std::vector<RateRow>& rows);

/// A picture and its numbers, folded away. `svg` and `numbers` are markup.
std::string figure(const std::string& svg, const std::string& caption, const std::string& numbers);

/// "38.2 %", "1,204".
std::string percent(double share);
std::string grouped(std::size_t n);
/// "1 offer", "1,204 offers".
std::string counted(std::size_t n, const char* one, const char* many);

}  // namespace fabula::evaluate
