// SPDX-License-Identifier: 0BSD
#include "sample/bad_words.h"

#include "base/utf8.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace fabula::sample {
namespace {

// Folded text as code points: what is compared.
using Characters = std::vector<UChar32>;

constexpr UChar32 replacement = 0xFFFD;

// NOLINTNEXTLINE(readability-function-cognitive-complexity): it is ICU's macro that branches.
Characters characters_of(std::string_view text) {
    const std::string fold = folded(text);
    Characters characters;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(fold.data());
    const auto size = static_cast<std::int32_t>(fold.size());
    for (std::int32_t at = 0; at < size;) {
        UChar32 c = 0;
        U8_NEXT(bytes, at, size, c);
        characters.push_back(c < 0 ? replacement : c);
    }
    return characters;
}

bool is_space(UChar32 c) {
    return u_isUWhiteSpace(c) != 0;
}

// Whether `c` holds its neighbours together into one word: letters, digits and the marks on them,
// but not in scripts that are written without spaces.
bool joins(UChar32 c) {
    const bool is_part = u_isalnum(c) != 0 || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0;
    const auto breaking = u_getIntPropertyValue(c, UCHAR_LINE_BREAK);
    const bool stands_alone = breaking == U_LB_IDEOGRAPHIC || breaking == U_LB_COMPLEX_CONTEXT ||
                              breaking == U_LB_CONDITIONAL_JAPANESE_STARTER;
    return is_part && !stands_alone;
}

bool is_border(const Characters& text, std::size_t at) {
    return at == 0 || at == text.size() || !joins(text[at - 1]) || !joins(text[at]);
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view white = " \t\r\n\v\f";
    const auto begin = text.find_first_not_of(white);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(white) + 1 - begin);
}

// Where `word` ends in `text` when it begins at `at`; a run of white space matches any other.
std::optional<std::size_t> end_of(const Characters& word, const Characters& text, std::size_t at) {
    for (std::size_t i = 0; i < word.size();) {
        if (at == text.size()) return std::nullopt;
        if (is_space(word[i])) {
            if (!is_space(text[at])) return std::nullopt;
            while (i < word.size() && is_space(word[i]))
                ++i;
            while (at < text.size() && is_space(text[at]))
                ++at;
        } else if (word[i++] != text[at++]) {
            return std::nullopt;
        }
    }
    return at;
}

// The end of `text` in which a word of `longest` bytes that is yet to be completed can begin, and a
// little more: folding may shorten, and runs of white space are cut off at some length.
std::string_view tail(std::string_view text, std::size_t longest) {
    const std::size_t wanted = 4 * longest + 64;
    if (text.size() <= wanted) return text;
    std::size_t begin = text.size() - wanted;
    while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U)
        ++begin;
    return text.substr(begin);
}

}  // namespace

std::vector<std::string> bad_spellings(std::string_view word) {
    const std::string given(trimmed(word));
    if (given.empty()) return {};
    std::vector<std::string> spellings;
    const auto add = [&](const std::string& spelling) {
        if (std::find(spellings.begin(), spellings.end(), spelling) == spellings.end())
            spellings.push_back(spelling);
    };
    const std::string lower = folded(given);
    for (const auto& form :
         {given, lower, upper_case(given), title_case_first(given), title_case_first(lower)}) {
        add(form);
        add(" " + form);
    }
    return spellings;
}

bool completes_bad_word(std::string_view text_before, std::string_view piece,
                        std::span<const std::string> bad_words) {
    std::size_t longest = 0;
    for (const auto& word : bad_words)
        longest = std::max(longest, word.size());
    const std::string_view before = tail(text_before, longest);
    const bool begins_text = before.size() == text_before.size();

    // Folding goes character by character, so that the whole characters before, folded, are where
    // the folded text continues with what `piece` brings.
    std::string text(before);
    text += piece;
    const std::size_t whole_before = complete_prefix(before);
    const std::size_t whole = complete_prefix(text);
    Characters characters = characters_of(std::string_view(text).substr(0, whole_before));
    const std::size_t n_before = characters.size();
    const Characters added =
        characters_of(std::string_view(text).substr(whole_before, whole - whole_before));
    characters.insert(characters.end(), added.begin(), added.end());

    for (const auto& bad : bad_words) {
        const Characters word = characters_of(trimmed(bad));
        if (word.empty()) continue;
        for (std::size_t at = begins_text ? 0 : 1; at < characters.size(); ++at) {
            if (!is_border(characters, at)) continue;
            const auto end = end_of(word, characters, at);
            if (end && *end > n_before && is_border(characters, *end)) return true;
        }
    }
    return false;
}

}  // namespace fabula::sample
