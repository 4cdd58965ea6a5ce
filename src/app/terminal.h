// SPDX-License-Identifier: 0BSD
// What the terminal can do and what it may be sent.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fabula::app {

enum class Color { automatic, always, never };

/// Whether stdout or stderr (1, 2) is a terminal.
bool is_terminal(int descriptor);

/// Whether output there should carry colours: by `color`, and when automatic only on a terminal
/// that is not "dumb" and with NO_COLOR unset or empty (https://no-color.org).
bool has_color(int descriptor, Color color);

/// Whether lines on stdout can be redrawn: a terminal that is not "dumb".
bool can_redraw();

/// Columns of the terminal at `descriptor`, at least 20; 80 where it is none or does not say.
std::size_t columns(int descriptor);

/// Lines of the terminal at `descriptor`, at least 5; 24 where it is none or does not say.
std::size_t rows(int descriptor);

/// `text` without anything that a terminal would act on: control characters other than line break
/// and tab become U+FFFD. For words of models and files that go to a screen.
std::string printable(std::string_view text);

/// The same on one line: line breaks become spaces, and the characters that turn the direction of
/// writing or break lines in Unicode are left out. For names, titles and errors.
std::string printable_line(std::string_view text);

/// Escape sequences, or nothing where colours are off.
struct Palette {
    explicit Palette(bool has_color);
    const char* plain;
    const char* bold;
    const char* dim;
    const char* accent;  // what was taken
    const char* warning;
};

}  // namespace fabula::app
