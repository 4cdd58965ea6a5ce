// SPDX-License-Identifier: 0BSD
#include "base/utf8.h"

#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <cstdint>

namespace fabula {
namespace {

std::size_t sequence_length(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return 2;
    if (lead >= 0xE0 && lead <= 0xEF) return 3;
    if (lead >= 0xF0 && lead <= 0xF4) return 4;
    return 0;  // a trail byte, an overlong lead or beyond Unicode
}

// The second byte has a narrower range behind four of the leads (no overlongs, no surrogates).
bool second_fits(unsigned char lead, unsigned char second) {
    switch (lead) {
        case 0xE0:
            return second >= 0xA0 && second <= 0xBF;
        case 0xED:
            return second >= 0x80 && second <= 0x9F;
        case 0xF0:
            return second >= 0x90 && second <= 0xBF;
        case 0xF4:
            return second >= 0x80 && second <= 0x8F;
        default:
            return second >= 0x80 && second <= 0xBF;
    }
}

enum class Shape { whole, cut, bad };

struct Sequence {
    Shape shape;
    std::size_t length;  // of the whole character, or of the maximal part that could begin one
};

// The character at `at`: whole, cut off by the end of the text, or malformed.
Sequence sequence_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t length = sequence_length(byte(at));
    if (length == 0) return {Shape::bad, 1};
    for (std::size_t i = 1; i < length; ++i) {
        if (at + i >= text.size()) return {Shape::cut, i};
        const bool fits =
            i == 1 ? second_fits(byte(at), byte(at + 1)) : (byte(at + i) & 0xC0U) == 0x80U;
        if (!fits) return {Shape::bad, i};
    }
    return {Shape::whole, length};
}

icu::UnicodeString unicode(std::string_view text) {
    return icu::UnicodeString::fromUTF8(
        icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
}

}  // namespace

bool is_utf8(std::string_view text) {
    return first_malformed(text) == text.size();
}

std::size_t first_malformed(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto sequence = sequence_at(text, at);
        if (sequence.shape != Shape::whole) return at;
        at += sequence.length;
    }
    return text.size();
}

std::size_t complete_prefix(std::string_view text) {
    // Only the last three bytes can begin a character that the end cuts off.
    for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
        const std::size_t at = text.size() - back;
        const auto byte = static_cast<unsigned char>(text[at]);
        if ((byte & 0xC0U) == 0x80U) continue;
        return sequence_at(text, at).shape == Shape::cut ? at : text.size();
    }
    return text.size();
}

std::string repaired_utf8(std::string_view text) {
    std::string repaired;
    repaired.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto sequence = sequence_at(text, at);
        if (sequence.shape == Shape::whole)
            repaired.append(text.substr(at, sequence.length));
        else
            repaired.append("\xEF\xBF\xBD");
        at += sequence.length;
    }
    return repaired;
}

char32_t next_character(std::string_view text, std::size_t& at) {
    const auto sequence = sequence_at(text, at);
    const auto byte = [&](std::size_t i) {
        return static_cast<char32_t>(static_cast<unsigned char>(text[at + i]));
    };
    char32_t c = 0xFFFD;
    if (sequence.shape == Shape::whole) {
        constexpr char32_t lead_masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
        c = byte(0) & lead_masks[sequence.length];
        for (std::size_t i = 1; i < sequence.length; ++i)
            c = (c << 6U) | (byte(i) & 0x3FU);
    }
    at += sequence.length;
    return c;
}

char32_t previous_character(std::string_view text, std::size_t& at) {
    for (std::size_t length = 1; length <= 4 && length <= at; ++length) {
        std::size_t begin = at - length;
        if (sequence_at(text, begin).shape != Shape::whole) continue;
        std::size_t end = begin;
        const char32_t c = next_character(text.substr(0, at), end);
        if (end != at) break;
        at = begin;
        return c;
    }
    --at;
    return 0xFFFD;
}

std::string folded(std::string_view text) {
    std::string out;
    unicode(text).foldCase().toUTF8String(out);
    return out;
}

std::string upper_case(std::string_view text) {
    std::string out;
    unicode(text).toUpper(icu::Locale::getRoot()).toUTF8String(out);
    return out;
}

std::string title_case_first(std::string_view text) {
    const auto whole = unicode(text);
    std::int32_t first = 0;
    while (first < whole.length() && !u_isalpha(whole.char32At(first)))
        first = whole.moveIndex32(first, 1);
    if (first >= whole.length()) return std::string(text);
    const std::int32_t next = whole.moveIndex32(first, 1);
    const UChar32 title = u_totitle(whole.char32At(first));
    std::string out;
    (icu::UnicodeString(whole, 0, first) + title + icu::UnicodeString(whole, next))
        .toUTF8String(out);
    return out;
}

}  // namespace fabula
