// SPDX-License-Identifier: 0BSD
#include "base/width.h"

#include "base/utf8.h"

#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>

#include <algorithm>
#include <cassert>
#include <memory>

namespace fabula {
namespace {

std::size_t columns_of_character(UChar32 c) {
    switch (u_charType(c)) {
        case U_NON_SPACING_MARK:
        case U_ENCLOSING_MARK:
        case U_CONTROL_CHAR:
        case U_FORMAT_CHAR:
            return 0;
        default:
            break;
    }
    const auto width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
    return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

std::size_t columns_of_grapheme(std::string_view text) {
    std::size_t columns = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto c = static_cast<UChar32>(next_character(text, at));
        if (c == 0xFE0F && columns > 0) columns = 2;  // asks for the emoji form
        columns = std::max(columns, columns_of_character(c));
    }
    return columns;
}

bool is_ascii_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

std::unique_ptr<icu::BreakIterator> make_grapheme_iterator() {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::BreakIterator> iterator(
        icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
    assert(U_SUCCESS(status) != 0);
    return iterator;
}

// Byte offsets where the graphemes of `text` begin, and its end.
std::vector<std::size_t> grapheme_borders(std::string_view text) {
    thread_local const auto iterator = make_grapheme_iterator();
    UErrorCode status = U_ZERO_ERROR;
    UText* opened =
        utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status);
    iterator->setText(opened, status);
    assert(U_SUCCESS(status) != 0);
    std::vector<std::size_t> borders;
    for (auto at = iterator->first(); at != icu::BreakIterator::DONE; at = iterator->next())
        borders.push_back(static_cast<std::size_t>(at));
    utext_close(opened);
    return borders;
}

// Breaks one paragraph (no line breaks in it) into `lines`.
void wrap_paragraph(std::string_view paragraph, std::size_t columns,
                    std::vector<std::string>& lines) {
    const std::size_t n_before = lines.size();
    std::string line;
    std::size_t used = 0;
    for (std::size_t at = 0; at < paragraph.size();) {
        if (paragraph[at] == ' ') {
            ++at;
            continue;
        }
        auto word = paragraph.substr(at, std::min(paragraph.find(' ', at), paragraph.size()) - at);
        at += word.size();
        std::size_t width = columns_of(word);
        if (used > 0 && used + 1 + width > columns) {
            lines.push_back(std::move(line));
            line.clear();
            used = 0;
        }
        while (width > columns) {  // only ever at the start of a line
            auto head = first_columns(word, columns);
            if (head.empty()) head = word.substr(0, grapheme_borders(word)[1]);
            lines.emplace_back(head);
            word.remove_prefix(head.size());
            width = columns_of(word);
        }
        if (word.empty()) continue;
        if (used > 0) line += ' ';
        line += word;
        used += width + (used > 0 ? 1 : 0);
    }
    if (used > 0 || lines.size() == n_before) lines.push_back(std::move(line));
}

}  // namespace

std::size_t columns_of(std::string_view text) {
    if (is_ascii_printable(text)) return text.size();
    const auto borders = grapheme_borders(text);
    std::size_t columns = 0;
    for (std::size_t i = 1; i < borders.size(); ++i)
        columns += columns_of_grapheme(text.substr(borders[i - 1], borders[i] - borders[i - 1]));
    return columns;
}

std::string_view first_columns(std::string_view text, std::size_t columns) {
    const auto borders = grapheme_borders(text);
    std::size_t used = 0;
    for (std::size_t i = 1; i < borders.size(); ++i) {
        used += columns_of_grapheme(text.substr(borders[i - 1], borders[i] - borders[i - 1]));
        if (used > columns) return text.substr(0, borders[i - 1]);
    }
    return text;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
    assert(columns > 0);
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        wrap_paragraph(text.substr(begin, end - begin), columns, lines);
        begin = end + 1;
    }
    return lines;
}

}  // namespace fabula
