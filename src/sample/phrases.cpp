// SPDX-License-Identifier: 0BSD
#include "sample/phrases.h"

#include "base/utf8.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <cassert>

namespace fabula::sample {
namespace {

constexpr char32_t space = U' ';

bool is_space(char32_t c) {
    return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0;
}

// Whether `c` holds its neighbours together into one word: letters, digits and the marks on them,
// but not in scripts that are written without spaces.
bool is_of_words(char32_t character) {
    const auto c = static_cast<UChar32>(character);
    const bool is_part = u_isalnum(c) != 0 || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0;
    if (!is_part) return false;
    const auto breaking = u_getIntPropertyValue(c, UCHAR_LINE_BREAK);
    return breaking != U_LB_IDEOGRAPHIC && breaking != U_LB_COMPLEX_CONTEXT &&
           breaking != U_LB_CONDITIONAL_JAPANESE_STARTER;
}

// The character at `at`, folded: mostly one, but U+00DF is two. Moves `at` behind it.
void append_folded(std::string_view text, std::size_t& at, std::u32string& folded_text) {
    const std::size_t begin = at;
    const char32_t c = next_character(text, at);
    if (is_space(c)) {
        folded_text += space;
    } else if (c < 0x80) {
        folded_text += c >= U'A' && c <= U'Z' ? c + (U'a' - U'A') : c;
    } else {
        const std::string fold = folded(text.substr(begin, at - begin));
        for (std::size_t i = 0; i < fold.size();)
            folded_text += next_character(fold, i);
    }
}

// What is compared: folded, each run of white space one space, none at the ends.
std::vector<char32_t> plain(std::string_view phrase) {
    std::u32string folded_text;
    for (std::size_t at = 0; at < phrase.size();)
        append_folded(phrase, at, folded_text);
    std::vector<char32_t> characters;
    for (const char32_t c : folded_text) {
        const bool may_stand = c != space || (!characters.empty() && characters.back() != space);
        if (may_stand) characters.push_back(c);
    }
    if (!characters.empty() && characters.back() == space) characters.pop_back();
    return characters;
}

std::vector<std::uint32_t> fallbacks(const std::vector<char32_t>& characters) {
    std::vector<std::uint32_t> fallback(characters.size(), 0);
    for (std::uint32_t i = 1, length = 0; i < characters.size(); ++i) {
        while (length > 0 && characters[i] != characters[length])
            length = fallback[length - 1];
        if (characters[i] == characters[length]) ++length;
        fallback[i] = length;
    }
    return fallback;
}

}  // namespace

// How much of it a text ends with that had ended with `length` characters of it and goes on with c.
std::uint32_t Phrases::Phrase::next(std::uint32_t length, char32_t c) const {
    if (length == characters.size()) length = fallback[length - 1];
    while (length > 0 && characters[length] != c)
        length = fallback[length - 1];
    return characters[length] == c ? length + 1 : 0;
}

// How much of it the first `n_characters` end with: nothing further back matters.
std::uint32_t Phrases::matched(const Phrase& phrase, std::size_t n_characters) const {
    std::uint32_t length = 0;
    const std::size_t n = std::min(n_characters, phrase.characters.size());
    for (std::size_t i = n_characters - n; i < n_characters; ++i)
        length = phrase.next(length, characters_[i].c);
    return length;
}

std::size_t Phrases::reach_bytes(std::span<const std::string> phrases) {
    std::size_t longest = 0;
    for (const auto& phrase : phrases)
        longest = std::max(longest, plain(phrase).size());
    // A character has four bytes at most; one more tells the border before it.
    return phrases.empty() ? 0 : 4 * (longest + 1);
}

Phrases::Phrases(std::span<const std::string> phrases, std::string_view before)
    : before_bytes_(before.size()) {
    for (const auto& phrase : phrases) {
        auto characters = plain(phrase);
        if (characters.empty()) continue;
        auto fallback = fallbacks(characters);
        phrases_.push_back({std::move(characters), std::move(fallback)});
    }
    if (!phrases_.empty()) read(before);
}

bool Phrases::borders(std::size_t at) const {
    return at == 0 || !characters_[at - 1].joins || !characters_[at].joins;
}

std::optional<std::size_t> Phrases::finish() const {
    std::optional<std::size_t> first;
    for (const auto& phrase : phrases_) {
        if (phrase.matched < phrase.characters.size()) continue;
        if (characters_.back().end <= before_bytes_) continue;
        const std::size_t at = characters_.size() - phrase.matched;
        if (borders(at)) first = std::min(first.value_or(npos), characters_[at].begin);
    }
    return first;
}

std::optional<std::size_t> Phrases::take(const Character& character) {
    if (character.c == space && !characters_.empty() && characters_.back().c == space) return {};
    std::optional<std::size_t> found;
    const bool joined = !characters_.empty() && characters_.back().joins && character.joins;
    if (!joined) found = finish();
    characters_.push_back(character);
    for (auto& phrase : phrases_)
        phrase.matched = phrase.next(phrase.matched, character.c);
    return found;
}

std::optional<std::size_t> Phrases::read(std::string_view text) {
    if (phrases_.empty()) return {};
    std::optional<std::size_t> first;
    const std::size_t whole = complete_prefix(text);
    std::u32string folded_text;
    while (read_ < whole) {
        Character character;
        character.begin = read_;
        folded_text.clear();
        append_folded(text, read_, folded_text);
        character.end = read_;
        for (const char32_t c : folded_text) {
            character.c = c;
            character.joins = is_of_words(c);
            const auto found = take(character);
            if (found) first = std::min(first.value_or(npos), *found);
        }
    }
    return first;
}

void Phrases::take_back(std::size_t bytes) {
    assert(bytes >= before_bytes_ || phrases_.empty());
    while (!characters_.empty() && characters_.back().end > bytes)
        characters_.pop_back();
    read_ = characters_.empty() ? 0 : characters_.back().end;
    for (auto& phrase : phrases_)
        phrase.matched = matched(phrase, characters_.size());
}

std::size_t Phrases::open(std::size_t bytes) const {
    std::size_t first = npos;
    std::size_t n = characters_.size();
    while (n > 0 && characters_[n - 1].end > bytes)
        --n;
    for (const auto& phrase : phrases_) {
        std::uint32_t length = n == characters_.size() ? phrase.matched : matched(phrase, n);
        const bool is_whole = length == phrase.characters.size();
        if (is_whole && characters_[n - 1].end <= before_bytes_)
            length = phrase.fallback[length - 1];
        while (length > 0 && !borders(n - length))
            length = phrase.fallback[length - 1];
        if (length > 0) first = std::min(first, characters_[n - length].begin);
    }
    return first;
}

}  // namespace fabula::sample
