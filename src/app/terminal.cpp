// SPDX-License-Identifier: 0BSD
#include "app/terminal.h"

#include "app/configuration.h"
#include "base/utf8.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace fabula::app {

namespace {

bool can_move_cursor() {
    return process_environment("TERM").value_or("dumb") != "dumb";
}

}  // namespace

bool is_terminal(int descriptor) {
    return isatty(descriptor) == 1;
}

bool can_redraw() {
    return is_terminal(1) && can_move_cursor();
}

bool has_color(int descriptor, Color color) {
    if (color != Color::automatic) return color == Color::always;
    if (process_environment("NO_COLOR")) return false;
    return is_terminal(descriptor) && can_move_cursor();
}

std::size_t columns(int descriptor) {
    winsize size{};
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return std::max<std::size_t>(size.ws_col, 20);
}

std::size_t rows(int descriptor) {
    winsize size{};
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return 24;
    return std::max<std::size_t>(size.ws_row, 5);
}

std::string printable(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        const char32_t c = next_character(text, at);
        const bool acts = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0);
        if (acts || c == 0xFFFD)
            clean += "\xEF\xBF\xBD";
        else
            clean += text.substr(begin, at - begin);
    }
    return clean;
}

std::string printable_line(std::string_view text) {
    const std::string clean = printable(text);
    std::string line;
    for (std::size_t at = 0; at < clean.size();) {
        const std::size_t begin = at;
        const char32_t c = next_character(clean, at);
        const bool turns = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
                           (c >= 0x200B && c <= 0x200F);
        if (turns) continue;
        if (c == '\n' || c == '\t' || c == 0x2028 || c == 0x2029)
            line += ' ';
        else
            line += clean.substr(begin, at - begin);
    }
    return line;
}

Palette::Palette(bool has_color)
    : plain(has_color ? "\033[0m" : ""),
      bold(has_color ? "\033[1m" : ""),
      dim(has_color ? "\033[2m" : ""),
      accent(has_color ? "\033[1;32m" : ""),
      warning(has_color ? "\033[33m" : "") {}

}  // namespace fabula::app
