// SPDX-License-Identifier: 0BSD
#include "preference/quotations.h"

#include "base/utf8.h"

namespace fabula::preference {
namespace {

constexpr char32_t left_double = 0x201C;   // “ opens in English, closes what „ opened in German
constexpr char32_t right_double = 0x201D;  // ”
constexpr char32_t low_double = 0x201E;    // „
constexpr char32_t left_angle = 0xAB;      // « opens in French, closes in German
constexpr char32_t right_angle = 0xBB;     // »

bool is_mark(char32_t c) {
    return c == U'"' || c == left_double || c == right_double || c == low_double ||
           c == left_angle || c == right_angle;
}

bool opens(char32_t mark, bool is_open) {
    if (mark == low_double) return true;
    if (mark == right_double) return false;
    return !is_open;
}

}  // namespace

std::vector<Stretch> stretches_of(std::string_view text, bool is_open) {
    std::vector<Stretch> stretches;
    Stretch current{0, 0, is_open};
    const auto cut = [&](std::size_t end, std::size_t next, bool is_quoted) {
        current.end = end;
        if (current.end > current.begin) stretches.push_back(current);
        current = {next, next, is_quoted};
    };
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t begin = at;
        const char32_t c = next_character(text, at);
        if (is_mark(c)) {
            cut(begin, at, opens(c, current.is_quoted));
        } else if (c == U'\n' && current.is_quoted) {
            cut(begin, begin, false);
        }
    }
    cut(text.size(), text.size(), current.is_quoted);
    return stretches;
}

bool ends_in_quotation(std::string_view text) {
    // Where the last line begins nothing stands open.
    const std::size_t line = text.rfind('\n');
    if (line != std::string_view::npos) text.remove_prefix(line + 1);
    bool is_open = false;
    std::size_t at = 0;
    while (at < text.size()) {
        const char32_t c = next_character(text, at);
        if (is_mark(c)) is_open = opens(c, is_open);
    }
    return is_open;
}

}  // namespace fabula::preference
