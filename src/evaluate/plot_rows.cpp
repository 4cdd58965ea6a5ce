// SPDX-License-Identifier: 0BSD
#include "base/width.h"
#include "evaluate/plot.h"
#include "evaluate/plot_frame.h"
#include "evaluate/round_numbers.h"

#include <fmt/format.h>

#include <algorithm>

namespace fabula::evaluate {
namespace {

constexpr double right = plot_width - 54;  // notes stand behind
constexpr double top = 8;
constexpr double row_height = 26;
constexpr std::size_t most_label_columns = 24;
constexpr double character = 6.6;  // width of one, about

double label_end(const RowPlot& plot) {
    std::size_t longest = 4;
    for (const auto& row : plot.rows)
        longest = std::max(longest, columns_of(row.label));
    return std::clamp(static_cast<double>(longest) * character + 8, 50.0, 158.0);
}

std::string tick_text(double tick, bool as_percent) {
    return as_percent ? short_number(100 * tick) + " %" : short_number(tick);
}

std::string bar(const PlotRow& row, const Scale& x, double middle) {
    return fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"14\" class=\"bar{}\"/>\n", x(0),
        middle - 7, std::max(0.0, x(*row.value) - x(0)), row.is_distinct ? " distinct" : "");
}

std::string whisker(const PlotRow& row, const Scale& x, double middle) {
    const double low = x(row.ends.low);
    const double high = x(row.ends.high);
    return line_between(low, middle, high, middle, "whisker") +
           line_between(low, middle - 4, low, middle + 4, "whisker") +
           line_between(high, middle - 4, high, middle + 4, "whisker");
}

std::string drawn_row(const RowPlot& plot, const PlotRow& row, const Scale& x, double middle) {
    const auto label = first_columns(row.label, most_label_columns);
    std::string out = text_at(x.from - 8, middle + 4, label, {"end", ""});
    out += text_at(plot_width - 2, middle + 4, row.note, {"end", "quiet small"});
    if (!row.value) return out;
    if (plot.look == RowLook::bars) out += bar(row, x, middle);
    out += whisker(row, x, middle);
    if (plot.look == RowLook::dots)
        out += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4.5\" class=\"{}\"/>\n",
                           x(*row.value), middle, row.is_distinct ? "effect distinct" : "effect");
    if (row.reference)
        out += line_between(x(*row.reference), middle - 11, x(*row.reference), middle + 11,
                            "reference");
    return out;
}

}  // namespace

std::string row_plot(const PlotTexts& texts, const RowPlot& plot) {
    double low = 0;
    double high = 0;
    for (const auto& row : plot.rows) {
        if (!row.value) continue;
        low = std::min({low, row.ends.low, *row.value});
        high = std::max({high, row.ends.high, *row.value, row.reference.value_or(0)});
    }
    if (plot.rows.empty()) return "";
    const auto ticks = round_numbers(low, high, 4);
    const Scale x{ticks.front(), ticks.back(), label_end(plot), right};
    const double bottom = top + row_height * static_cast<double>(plot.rows.size());
    std::string body;
    for (const double tick : ticks) {
        body += line_between(x(tick), top, x(tick), bottom, tick == 0 ? "zero" : "grid");
        body +=
            text_at(x(tick), bottom + 16, tick_text(tick, plot.as_percent), {"middle", "small"});
    }
    double middle = top + row_height / 2;
    for (const auto& row : plot.rows) {
        body += drawn_row(plot, row, x, middle);
        middle += row_height;
    }
    body += text_at((x.from + x.to) / 2, bottom + 34, texts.x_label, {"middle", "quiet"});
    return framed(texts, bottom + 42, body);
}

}  // namespace fabula::evaluate
