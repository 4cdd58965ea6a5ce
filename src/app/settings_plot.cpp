// SPDX-License-Identifier: 0BSD
#include "app/settings_plot.h"

#include "sample/settings.h"

#include <fmt/format.h>

namespace fabula::app {

std::string ranges_as_text(const preference::RandomRanges& ranges) {
    constexpr int n_columns = 60;
    constexpr int n_rows = 14;
    const double top = ranges.temperature_high_at_low_top_k;
    const double bottom = ranges.temperature_low;
    std::string out = "temperatures that the random policy may draw at each top_k\n\n";
    for (int row = 0; row < n_rows; ++row) {
        const double temperature = top - (top - bottom) * row / (n_rows - 1);
        out += fmt::format("{:5.2f} |", temperature);
        for (int column = 0; column < n_columns; ++column) {
            const int top_k = ranges.top_k_low +
                              (ranges.top_k_high - ranges.top_k_low) * column / (n_columns - 1);
            const bool may = temperature <= preference::temperature_ceiling(ranges, top_k) + 1e-9;
            out += may ? '#' : ' ';
        }
        out += '\n';
    }
    out += "      +" + std::string(n_columns, '-') + '\n';
    out += fmt::format("top_k  {:<{}}{}\n", ranges.top_k_low, n_columns - 3, ranges.top_k_high);
    return out;
}

std::string ranges_as_svg(const preference::RandomRanges& ranges) {
    constexpr double left = 70;
    constexpr double right = 610;
    constexpr double top = 40;
    constexpr double bottom = 340;
    const double hottest = 1.4;
    const auto x = [&](double top_k) {
        return left +
               (right - left) * (top_k - ranges.top_k_low) / (ranges.top_k_high - ranges.top_k_low);
    };
    const auto y = [&](double temperature) {
        return bottom - (bottom - top) * temperature / hottest;
    };
    std::string out =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 400\" "
        "font-family=\"sans-serif\" "
        "font-size=\"14\">\n<rect width=\"640\" height=\"400\" fill=\"white\"/>\n"
        "<text x=\"320\" y=\"24\" text-anchor=\"middle\" font-size=\"16\">"
        "Temperatures that the random policy draws</text>\n";
    for (int i = 0; i <= 7; ++i) {
        const double tick = 0.2 * i;
        out += fmt::format(
            "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"#ddd\"/>\n"
            "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5:.1f}</text>\n",
            left, right, y(tick), left - 8, y(tick) + 5, tick);
    }
    out += fmt::format(
        "<polygon fill=\"#7aa6c2\" points=\"{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f} "
        "{:.1f},{:.1f}\"/>\n",
        x(ranges.top_k_low), y(ranges.temperature_low), x(ranges.top_k_low),
        y(preference::temperature_ceiling(ranges, ranges.top_k_low)), x(ranges.top_k_high),
        y(preference::temperature_ceiling(ranges, ranges.top_k_high)), x(ranges.top_k_high),
        y(ranges.temperature_low));
    for (const int tick : {ranges.top_k_low, 50, 100, 150, ranges.top_k_high})
        out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                           x(tick), bottom + 20, tick);
    out += fmt::format(
        "<text x=\"340\" y=\"{}\" text-anchor=\"middle\">top_k</text>\n"
        "<text x=\"20\" y=\"190\" transform=\"rotate(-90 20 190)\" "
        "text-anchor=\"middle\">temperature</text>\n</svg>\n",
        bottom + 44);
    return out;
}

std::string settings_as_markdown() {
    std::string out =
        "| setting | range | default | what it does | source |\n|---|---|---|---|---|\n";
    for (const auto& field : sample::fields())
        out += fmt::format("| `{}` | {} | {:g} | {} | {} |\n", field.name, sample::range_of(field),
                           field.standard, field.hint, field.source);
    return out;
}

}  // namespace fabula::app
