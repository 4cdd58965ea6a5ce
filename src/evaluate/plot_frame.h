// SPDX-License-Identifier: 0BSD
// What the plots are drawn with: the frame with its text alternatives, texts, lines, scales.
#pragma once

#include "evaluate/plot.h"

#include <string>
#include <string_view>

namespace fabula::evaluate {

constexpr double plot_width = 360;

/// The whole element about `body`.
std::string framed(const PlotTexts& texts, double height, const std::string& body);

struct TextStyle {
    const char* anchor = "middle";  // "start", "end"
    const char* look = "";          // CSS class
};

std::string text_at(double x, double y, std::string_view text, TextStyle style = {});
/// Turned by a quarter, reading upwards.
std::string text_upwards(double x, double y, std::string_view text);
std::string line_between(double x1, double y1, double x2, double y2, const char* look);

/// From numbers to units of the plot.
struct Scale {
    double low = 0;
    double high = 1;
    double from = 0;  // where `low` lies
    double to = 1;    // where `high` lies

    double operator()(double value) const {
        return from + (to - from) * (value - low) / (high - low);
    }
};

}  // namespace fabula::evaluate
