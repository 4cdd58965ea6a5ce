// SPDX-License-Identifier: 0BSD
#include "evaluate/plot.h"
#include "evaluate/plot_frame.h"

#include <fmt/format.h>

#include <cassert>

namespace fabula::evaluate {
namespace {

constexpr double left = 72;
constexpr double right = plot_width - 4;
constexpr double top = 6;
constexpr double row_height = 38;

std::string drawn_cell(const HeatCell& cell, const std::string& id, double x, double y,
                       double width) {
    std::string out = fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"cell "
        "level{}{}\"/>\n",
        x + 1, y + 1, width - 2, row_height - 2, cell.level < 0 ? "-less" : "-more",
        cell.level < 0 ? -cell.level : cell.level);
    if (cell.is_thin)
        out += fmt::format(
            "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
            "fill=\"url(#{}-hatch)\"/>\n",
            x + 1, y + 1, width - 2, row_height - 2, id);
    const double middle = x + width / 2;
    if (!cell.text.empty())
        out += text_at(middle, y + 17, cell.text,
                       {"middle", cell.is_distinct ? "strong in-cell" : "in-cell"});
    out +=
        text_at(middle, y + (cell.text.empty() ? 23 : 31), cell.note, {"middle", "small in-cell"});
    return out;
}

}  // namespace

std::string heat_map(const PlotTexts& texts, const HeatMap& map) {
    const std::size_t n_columns = map.column_labels.size();
    assert(map.cells.size() == map.row_labels.size() * n_columns);
    if (map.cells.empty()) return "";
    const double width = (right - left) / static_cast<double>(n_columns);
    const double bottom = top + row_height * static_cast<double>(map.row_labels.size());
    std::string body = fmt::format(
        "<defs><pattern id=\"{}-hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
        "patternTransform=\"rotate(45)\"><rect width=\"1.2\" height=\"6\" class=\"hatch\"/>"
        "</pattern></defs>\n",
        texts.id);
    for (std::size_t row = 0; row < map.row_labels.size(); ++row) {
        const double y = top + row_height * static_cast<double>(row);
        body += text_at(left - 6, y + row_height / 2 + 4, map.row_labels[row], {"end", ""});
        for (std::size_t column = 0; column < n_columns; ++column)
            body += drawn_cell(map.cells[row * n_columns + column], texts.id,
                               left + width * static_cast<double>(column), y, width);
    }
    for (std::size_t column = 0; column < n_columns; ++column)
        body += text_at(left + width * (static_cast<double>(column) + 0.5), bottom + 16,
                        map.column_labels[column], {"middle", n_columns > 5 ? "small" : ""});
    body += text_at((left + right) / 2, bottom + 34, texts.x_label, {"middle", "quiet"});
    body += text_upwards(11, (top + bottom) / 2, texts.y_label);
    return framed(texts, bottom + 42, body);
}

}  // namespace fabula::evaluate
