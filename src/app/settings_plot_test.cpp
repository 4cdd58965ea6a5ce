// SPDX-License-Identifier: 0BSD
#include "app/settings_plot.h"

#include "sample/settings.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace fabula::app {
namespace {

TEST(SettingsPlot, is_hot_on_the_left_and_cooler_on_the_right) {
    const auto text = ranges_as_text({});
    const auto line = text.substr(text.find(" 1.30 |"));
    EXPECT_EQ(line.substr(0, 9), " 1.30 |# ");
    const auto coolest = text.substr(text.find(" 0.50 |"));
    EXPECT_EQ(coolest.substr(7, 60), std::string(60, '#'));
}

TEST(SettingsPlot, draws_the_coupling_from_corner_to_corner) {
    // (10, 0.5) (10, 1.3) (200, 0.9) (200, 0.5) on a plot of 540 x 300 that ends at 1.4.
    EXPECT_NE(ranges_as_svg({}).find("points=\"70.0,232.9 70.0,61.4 610.0,147.1 610.0,232.9\""),
              std::string::npos)
        << ranges_as_svg({});
}

TEST(SettingsTable, has_a_row_for_every_setting) {
    const auto table = settings_as_markdown();
    const auto n_lines = std::count(table.begin(), table.end(), '\n');
    EXPECT_EQ(static_cast<std::size_t>(n_lines), sample::fields().size() + 2);
    EXPECT_NE(table.find("| `top_p` | above 0 to 1 (probability) | 1 |"), std::string::npos)
        << table;
}

}  // namespace
}  // namespace fabula::app
