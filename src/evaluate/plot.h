// SPDX-License-Identifier: 0BSD
// Plots as SVG to stand inside a page, 360 units wide so that they are read on a phone: lines with
// bands, a heat map, rows with whiskers. Colours are classes; the page's style gives them in light
// and dark. Texts are escaped here. Pure functions.
#pragma once

#include "preference/effects.h"

#include <optional>
#include <string>
#include <vector>

namespace fabula::evaluate {

/// What every plot has. `id` is a letter and then letters, digits or dashes, the only one of the
/// page.
struct PlotTexts {
    std::string id;
    std::string title;        // the text alternative in short
    std::string description;  // and at length
    std::string x_label;
    std::string y_label;
};

struct LinePoint {
    double x = 0;
    double y = 0;
    std::optional<double> half_width;  // of the band; empty for none
};

struct Line {
    std::string look;               // the CSS class: "picked" or "shown"
    std::vector<LinePoint> points;  // ascending x
};

/// A number that stands under the axis at `x`.
struct AxisNote {
    double x = 0;
    std::string text;
};

/// Lines with bands over whole x; a number of `notes` under every labelled x. Empty without points.
std::string line_plot(const PlotTexts& texts, const std::vector<Line>& lines,
                      const std::vector<AxisNote>& notes);

struct HeatCell {
    std::string text;          // "38 %"
    std::string note;          // "n 120"
    int level = 0;             // -3 to 3: the class of colour, 0 the neutral one
    bool is_thin = false;      // hatched: too few data
    bool is_distinct = false;  // in bold
};

struct HeatMap {
    std::vector<std::string> row_labels;     // from above
    std::vector<std::string> column_labels;  // at most eight
    std::vector<HeatCell> cells;             // [rows, columns], row-major
};

std::string heat_map(const PlotTexts& texts, const HeatMap& map);

struct PlotRow {
    std::string label;
    std::optional<double> value;  // empty: `note` alone
    preference::Ends ends;
    std::optional<double> reference;  // a mark across the row
    std::string note;                 // at the right end, such as "n 120"
    bool is_distinct = false;         // filled, where others are hollow
};

enum class RowLook { bars, dots };

/// One row a value, with whiskers: bars from 0, or dots about a line at 0. `as_percent`: the axis
/// counts hundredths.
struct RowPlot {
    RowLook look = RowLook::bars;
    bool as_percent = true;
    std::vector<PlotRow> rows;
};

std::string row_plot(const PlotTexts& texts, const RowPlot& plot);

}  // namespace fabula::evaluate
