// SPDX-License-Identifier: 0BSD
#include "app/terminal.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace fabula::app {
namespace {

TEST(Terminal, gets_no_control_characters) {
    EXPECT_EQ(printable("a\033[31mb\tc\nd\x7F"), "a\xEF\xBF\xBD[31mb\tc\nd\xEF\xBF\xBD");
    EXPECT_EQ(printable("caf\xC3\xA9 \xC2\x9B"), "caf\xC3\xA9 \xEF\xBF\xBD");
    EXPECT_EQ(printable("\xFF"), "\xEF\xBF\xBD");
}

TEST(Terminal, names_stay_on_their_line_and_in_their_direction) {
    const std::string turned = "\xE2\x80" + std::string("\xAE");  // U+202E, right to left from here
    EXPECT_EQ(printable_line("a\nb\033c" + turned + "d\xE2\x80\xA8" + "e"),
              "a b\xEF\xBF\xBD"
              "cd e");
}

TEST(Terminal, has_no_colour_where_no_color_is_set) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): this test has one thread
    setenv("NO_COLOR", "1", 1);
    EXPECT_FALSE(has_color(1, Color::automatic));
    EXPECT_TRUE(has_color(1, Color::always));
    // NOLINTNEXTLINE(concurrency-mt-unsafe): this test has one thread
    unsetenv("NO_COLOR");
    EXPECT_FALSE(has_color(1, Color::never));
    EXPECT_STREQ(Palette(false).bold, "");
}

}  // namespace
}  // namespace fabula::app
