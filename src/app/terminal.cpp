// SPDX-License-Identifier: 0BSD
#include "app/terminal.h"

#include "base/utf8.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace fabula::app {

bool is_terminal(int descriptor) {
    return isatty(descriptor) == 1;
}

bool has_color(int descriptor, Color color) {
    if (color != Color::automatic) return color == Color::always;
    const char* no_color = std::getenv("NO_COLOR");
    if (no_color != nullptr && *no_color != '\0') return false;
    const char* kind = std::getenv("TERM");
    if (kind == nullptr || std::string_view(kind) == "dumb") return false;
    return is_terminal(descriptor);
}

std::size_t columns(int descriptor) {
    winsize size{};
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return std::max<std::size_t>(size.ws_col, 20);
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

Palette::Palette(bool has_color)
    : plain(has_color ? "\033[0m" : ""),
      bold(has_color ? "\033[1m" : ""),
      dim(has_color ? "\033[2m" : ""),
      accent(has_color ? "\033[1;32m" : ""),
      warning(has_color ? "\033[33m" : "") {}

}  // namespace fabula::app
