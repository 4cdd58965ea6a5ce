// SPDX-License-Identifier: 0BSD
#include "evaluate/plot.h"

#include <gtest/gtest.h>

#include <regex>

namespace fabula::evaluate {
namespace {

const PlotTexts texts{"a", "A <title>", "In words", "x axis", "y axis"};

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++n;
    return n;
}

// Every number of an attribute, in order.
std::vector<double> numbers(const std::string& svg, const std::string& pattern) {
    std::vector<double> found;
    const std::regex expression(pattern);
    for (auto match = std::sregex_iterator(svg.begin(), svg.end(), expression);
         match != std::sregex_iterator(); ++match)
        found.push_back(std::stod((*match)[1]));
    return found;
}

TEST(LinePlot, draws_points_where_the_axis_says) {
    const Line line{"picked", {{1, 0, {}}, {2, 5, 1.0}, {3, 10, {}}}};
    const auto svg = line_plot(texts, {line}, {{1, "n1"}, {2, "n2"}, {3, "n3"}});
    const auto x = numbers(svg, "<circle cx=\"([0-9.]+)\"");
    const auto y = numbers(svg, "<circle cx=\"[0-9.]+\" cy=\"([0-9.]+)\"");
    ASSERT_EQ(x.size(), 3U);
    EXPECT_NEAR(x[1] - x[0], x[2] - x[1], 0.11);
    EXPECT_NEAR(y[0] - y[1], y[1] - y[2], 0.11);
    EXPECT_GT(y[0], y[2]);
    EXPECT_NE(svg.find(">n2</text>"), std::string::npos);
    EXPECT_NE(svg.find("A &lt;title&gt;</title>"), std::string::npos);
}

TEST(LinePlot, of_nothing_is_nothing) {
    EXPECT_EQ(line_plot(texts, {{"picked", {}}}, {}), "");
}

TEST(LinePlot, of_one_point_and_of_many_steps_stays_readable) {
    EXPECT_NE(line_plot(texts, {{"picked", {{1, 0.8, {}}}}}, {{1, "5"}}), "");
    Line line{"picked", {}};
    std::vector<AxisNote> notes;
    for (int step = 1; step <= 100; ++step) {
        line.points.push_back({double(step), 0.5, {}});
        notes.push_back({double(step), "note"});
    }
    const auto labels = count(line_plot(texts, {line}, notes), ">note</text>");
    EXPECT_GE(labels, 5U);
    EXPECT_LE(labels, 8U);
}

TEST(HeatMap, hatches_the_thin_and_colours_the_others) {
    const HeatMap map{{"hot", "cold"},
                      {"few", "many"},
                      {{"50 %", "120", 3, false, true},
                       {"", "4", 0, true, false},
                       {"20 %", "90", -2, false, false},
                       {"", "-", 0, false, false}}};
    const auto svg = heat_map(texts, map);
    EXPECT_EQ(count(svg, "url(#a-hatch)"), 1U);
    EXPECT_EQ(count(svg, "level-more3"), 1U);
    EXPECT_EQ(count(svg, "level-less2"), 1U);
    EXPECT_EQ(count(svg, "level-more0"), 2U);
    EXPECT_LT(svg.find(">hot<"), svg.find(">cold<"));
    EXPECT_EQ(heat_map(texts, {}), "");
}

TEST(RowPlot, has_whiskers_only_where_there_is_a_figure) {
    RowPlot plot;
    plot.rows.push_back({"one", 0.4, {0.3, 0.5}, 0.33, "n 100", true});
    plot.rows.push_back({"two & three", {}, {}, {}, "too few (3)", false});
    const auto svg = row_plot(texts, plot);
    EXPECT_EQ(count(svg, "class=\"whisker\""), 3U);
    EXPECT_EQ(count(svg, "class=\"reference\""), 1U);
    EXPECT_EQ(count(svg, "bar distinct"), 1U);
    EXPECT_NE(svg.find("two &amp; three"), std::string::npos);
    EXPECT_NE(svg.find("too few (3)"), std::string::npos);
}

TEST(RowPlot, lets_dots_lie_on_both_sides_of_zero) {
    RowPlot plot{RowLook::dots, false, {}};
    plot.rows.push_back({"up", 0.4, {0.3, 0.5}, {}, "", true});
    plot.rows.push_back({"down", -0.4, {-0.5, -0.3}, {}, "", false});
    const auto svg = row_plot(texts, plot);
    const auto x = numbers(svg, "<circle cx=\"([0-9.]+)\"");
    const auto zero = numbers(svg, "<line x1=\"([0-9.]+)\"[^>]*class=\"zero\"");
    ASSERT_EQ(x.size(), 2U);
    ASSERT_EQ(zero.size(), 1U);
    EXPECT_NEAR(x[0] - zero[0], zero[0] - x[1], 0.11);
    EXPECT_GT(x[0], x[1]);
}

}  // namespace
}  // namespace fabula::evaluate
