// SPDX-License-Identifier: 0BSD
#include "evaluate/plot.h"
#include "evaluate/plot_frame.h"
#include "evaluate/round_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace fabula::evaluate {
namespace {

constexpr double left = 64;
constexpr double right = plot_width - 12;
constexpr double top = 10;
constexpr double bottom = 170;
constexpr double height = 226;
constexpr double most_labels = 8;

struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    void add(double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
};

std::string band(const Line& line, const Scale& x, const Scale& y) {
    std::string out;
    std::string above;
    std::string below;
    const auto close = [&] {
        if (!above.empty())
            out += fmt::format("<polygon points=\"{}{}\" class=\"band {}\"/>\n", above, below,
                               line.look);
        above.clear();
        below.clear();
    };
    for (const auto& point : line.points) {
        if (!point.half_width) {
            close();
            continue;
        }
        above += fmt::format("{:.1f},{:.1f} ", x(point.x), y(point.y + *point.half_width));
        below.insert(0, fmt::format("{:.1f},{:.1f} ", x(point.x), y(point.y - *point.half_width)));
    }
    close();
    return out;
}

std::string path(const Line& line, const Scale& x, const Scale& y) {
    std::string points;
    std::string dots;
    for (const auto& point : line.points) {
        points += fmt::format("{:.1f},{:.1f} ", x(point.x), y(point.y));
        dots += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\" class=\"dot {}\"/>\n",
                            x(point.x), y(point.y), line.look);
    }
    return fmt::format("<polyline points=\"{}\" class=\"line {}\"/>\n{}", points, line.look, dots);
}

}  // namespace

std::string line_plot(const PlotTexts& texts, const std::vector<Line>& lines,
                      const std::vector<AxisNote>& notes) {
    Range xs;
    Range ys;
    for (const auto& line : lines) {
        for (const auto& point : line.points) {
            xs.add(point.x);
            ys.add(point.y - point.half_width.value_or(0));
            ys.add(point.y + point.half_width.value_or(0));
        }
    }
    if (xs.low > xs.high) return "";
    const auto ticks = round_numbers(ys.low, ys.high, 4);
    const double room = xs.low == xs.high ? 1 : 0.03 * (xs.high - xs.low);
    const Scale x{xs.low - room, xs.high + room, left, right};
    const Scale y{ticks.front(), ticks.back(), bottom, top};
    std::string body;
    for (const double tick : ticks) {
        body += line_between(left, y(tick), right, y(tick), "grid");
        body += text_at(left - 6, y(tick) + 4, short_number(tick), {"end", ""});
    }
    const double stride = std::max(1.0, std::ceil((xs.high - xs.low + 1) / most_labels));
    for (const auto& note : notes) {
        if (std::fmod(note.x - xs.low, stride) != 0) continue;
        body += text_at(x(note.x), bottom + 17, short_number(note.x));
        body += text_at(x(note.x), bottom + 33, note.text, {"middle", "quiet"});
    }
    body += text_at(left - 16, bottom + 33, "n", {"end", "quiet"});
    body += text_at((left + right) / 2, height - 6, texts.x_label, {"middle", "quiet"});
    body += text_upwards(11, (top + bottom) / 2, texts.y_label);
    for (const auto& line : lines)
        body += band(line, x, y);
    for (const auto& line : lines)
        body += path(line, x, y);
    return framed(texts, height, body);
}

}  // namespace fabula::evaluate
