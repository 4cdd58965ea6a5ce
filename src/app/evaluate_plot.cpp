// SPDX-License-Identifier: 0BSD
#include "app/evaluate_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace fabula::app {
namespace {

// Colours of Okabe and Ito, which people who see few colours tell apart, and shapes on top.
struct Look {
    const char* policy;
    const char* color;
    const char* dashes;
};
constexpr Look looks[] = {{"fixed", "#7f7f7f", "2 4"},
                          {"random", "#000000", "7 4"},
                          {"average", "#e69f00", "none"},
                          {"portfolio", "#0072b2", "none"},
                          {"auto", "#d55e00", "10 3"}};

Look look_of(const std::string& policy) {
    for (const auto& look : looks) {
        if (policy == look.policy) return look;
    }
    return {"", "#009e73", "none"};
}

constexpr double panel_width = 430;
constexpr double panel_height = 330;
constexpr double left = 62;    // of the axis in its panel
constexpr double right = 345;  // names of the lines stand behind
constexpr double top = 44;
constexpr double bottom = 276;

// One panel: its rows, and where shares and stories lie in it.
class Panel {
public:
    Panel(std::span<const PolicyRow> rows, double shift, double lowest)
        : rows_(rows), shift_(shift), lowest_(lowest) {
        for (const auto& row : rows) {
            for (const auto& point : row.curve) {
                has_nought_ = has_nought_ || point.stories == 0;
                if (point.stories == 0) continue;
                least_ = least_ == 0 ? point.stories : std::min(least_, point.stories);
                most_ = std::max(most_, point.stories);
            }
        }
    }

    std::string drawn() const {
        std::string out = frame();
        for (const auto& row : rows_)
            out += band(row);
        for (const auto& row : rows_)
            out += line(row);
        return out + names();
    }

private:
    // 0 stories stand apart at the left; a tenth of the axis lies between.
    double x(std::size_t stories) const {
        const double from = shift_ + left + (has_nought_ ? 40 : 8);
        const double to = shift_ + right - 6;
        if (stories == 0) return shift_ + left + 10;
        if (most_ == least_) return to;
        const auto ratio = static_cast<double>(stories) / static_cast<double>(least_);
        const auto whole = static_cast<double>(most_) / static_cast<double>(least_);
        return from + (to - from) * std::log(ratio) / std::log(whole);
    }

    double y(double share) const {
        const double held = std::clamp(share, lowest_, 1.0);
        return bottom - (bottom - top) * (held - lowest_) / (1 - lowest_);
    }

    std::string frame() const {
        std::string out = fmt::format(
            "<text x=\"{:.1f}\" y=\"26\" text-anchor=\"middle\" font-size=\"16\">reader "
            "{}</text>\n",
            shift_ + (left + right) / 2, rows_.front().reader);
        for (int i = static_cast<int>(std::ceil(lowest_ * 5 - 1e-9)); i <= 5; ++i) {
            const double tick = i / 5.0;
            out += fmt::format(
                "<line x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" "
                "stroke=\"{3}\"/>\n<text x=\"{4:.1f}\" y=\"{5:.1f}\" "
                "text-anchor=\"end\">{6:.1f}</text>\n",
                shift_ + left, shift_ + right, y(tick), i == 0 ? "#888" : "#ddd", shift_ + left - 7,
                y(tick) + 4, tick);
        }
        for (const auto& point : rows_.front().curve)
            out += fmt::format(
                "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\" "
                "stroke=\"#888\"/>\n<text x=\"{0:.1f}\" y=\"{3:.1f}\" "
                "text-anchor=\"middle\">{4}</text>\n",
                x(point.stories), bottom, bottom + 5, bottom + 20, point.stories);
        out += fmt::format(
            "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">stories</text>\n"
            "<text transform=\"translate({:.1f} {:.1f}) rotate(-90)\" "
            "text-anchor=\"middle\">share of what could be gained</text>\n",
            shift_ + (left + right) / 2, bottom + 42, shift_ + 18, (top + bottom) / 2);
        return out;
    }

    std::string band(const PolicyRow& row) const {
        std::string upper;
        std::string lower;
        for (const auto& point : row.curve) {
            if (!point.share.low) return "";
            upper += fmt::format("{:.1f},{:.1f} ", x(point.stories), y(*point.share.high));
            lower.insert(0, fmt::format("{:.1f},{:.1f} ", x(point.stories), y(*point.share.low)));
        }
        return fmt::format("<polygon fill=\"{}\" fill-opacity=\"0.18\" points=\"{}{}\"/>\n",
                           look_of(row.policy).color, upper, lower);
    }

    std::string line(const PolicyRow& row) const {
        const auto look = look_of(row.policy);
        std::string points;
        std::string dots;
        for (const auto& point : row.curve) {
            points += fmt::format("{:.1f},{:.1f} ", x(point.stories), y(point.share.mean));
            dots += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.6\" fill=\"{}\"/>\n",
                                x(point.stories), y(point.share.mean), look.color);
        }
        return fmt::format(
                   "<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"2\" "
                   "stroke-dasharray=\"{}\" points=\"{}\"/>\n",
                   look.color, look.dashes, points) +
               dots;
    }

    // At the end of each line, moved apart where lines end together.
    std::string names() const {
        struct Name {
            double y;
            const PolicyRow* row;
        };
        std::vector<Name> names;
        for (const auto& row : rows_)
            names.push_back({y(row.last().share.mean), &row});
        std::ranges::stable_sort(names, {}, &Name::y);
        constexpr double apart = 16;
        for (std::size_t i = 1; i < names.size(); ++i)
            names[i].y = std::max(names[i].y, names[i - 1].y + apart);
        const double over = names.back().y - bottom;
        for (std::size_t i = names.size(); over > 0 && i-- > 0;) {
            const double limit = i + 1 < names.size() ? names[i + 1].y - apart : bottom;
            names[i].y = std::min(names[i].y, limit);
        }
        std::string out;
        for (const auto& name : names)
            out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" fill=\"{}\">{}</text>\n",
                               shift_ + right + 5, name.y + 4, look_of(name.row->policy).color,
                               name.row->policy);
        return out;
    }

    std::span<const PolicyRow> rows_;
    double shift_;
    double lowest_;
    bool has_nought_ = false;
    std::size_t least_ = 0;
    std::size_t most_ = 0;
};

double lowest_share(const std::vector<PolicyRow>& rows) {
    double lowest = 0;
    for (const auto& row : rows) {
        for (const auto& point : row.curve)
            lowest = std::min(lowest, point.share.mean);
    }
    // Bands are cut off at the frame, and so is what lies below -1.
    return std::max(-1.0, std::floor(lowest * 5) / 5);
}

}  // namespace

std::string as_svg(const std::vector<PolicyRow>& rows) {
    std::vector<std::span<const PolicyRow>> readers;
    for (std::size_t begin = 0; begin < rows.size();) {
        std::size_t end = begin;
        while (end < rows.size() && rows[end].reader == rows[begin].reader)
            ++end;
        readers.emplace_back(rows.data() + begin, end - begin);
        begin = end;
    }
    const double width =
        panel_width * static_cast<double>(std::max<std::size_t>(1, readers.size()));
    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" "
        "font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"{0}\" height=\"{1}\" "
        "fill=\"white\"/>\n",
        width, panel_height);
    const double lowest = lowest_share(rows);
    for (std::size_t i = 0; i < readers.size(); ++i)
        out += Panel(readers[i], panel_width * static_cast<double>(i), lowest).drawn();
    return out + "</svg>\n";
}

}  // namespace fabula::app
