// SPDX-License-Identifier: 0BSD
#include "base/sentences.h"

#include "base/utf8.h"

#include <unicode/brkiter.h>
#include <unicode/filteredbrk.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utext.h>

#include <cassert>
#include <memory>

namespace fabula {
namespace {

struct CloseText {
    void operator()(UText* text) const { utext_close(text); }
};
using Text = std::unique_ptr<UText, CloseText>;

Text open_text(std::string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    Text opened(
        utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status));
    assert(U_SUCCESS(status) != 0);
    return opened;
}

std::unique_ptr<icu::BreakIterator> make_sentence_iterator() {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::BreakIterator> plain(
        icu::BreakIterator::createSentenceInstance(icu::Locale::getEnglish(), status));
    assert(U_SUCCESS(status) != 0);
    const std::unique_ptr<icu::FilteredBreakIteratorBuilder> builder(
        icu::FilteredBreakIteratorBuilder::createInstance(icu::Locale::getEnglish(), status));
    if (U_FAILURE(status) != 0) return plain;  // ICU data without exceptions: abbreviations break
    std::unique_ptr<icu::BreakIterator> filtered(builder->build(plain.release(), status));
    assert(U_SUCCESS(status) != 0);
    return filtered;
}

// Iterators are dear to make and not shared between threads.
icu::BreakIterator& sentence_iterator() {
    thread_local const auto iterator = make_sentence_iterator();
    return *iterator;
}

UChar32 icu_character(char32_t c) {
    return static_cast<UChar32>(c);
}

bool is_terminal(UChar32 c) {
    return u_hasBinaryProperty(c, UCHAR_S_TERM) != 0 || c == 0x2026;
}

bool is_closing(UChar32 c) {
    switch (u_charType(c)) {
        case U_END_PUNCTUATION:
        case U_FINAL_PUNCTUATION:
        case U_INITIAL_PUNCTUATION:  // German closes with what English opens
            return true;
        default:
            return c == '"' || c == '\'' || c == '*' || c == '_';
    }
}

// "Stop!" said Lily: UAX #29 breaks behind every ! and ?, a reader does not.
bool goes_on_in_lower_case(std::string_view text, std::size_t at) {
    return u_islower(icu_character(next_character(text, at))) != 0;
}

}  // namespace

bool ends_sentence(std::string_view text) {
    std::size_t at = text.size();
    UChar32 c = 0;
    do {
        if (at == 0) return false;
        c = icu_character(previous_character(text, at));
    } while (u_isUWhiteSpace(c) != 0);
    while (is_closing(c)) {
        if (at == 0) return false;
        c = icu_character(previous_character(text, at));
    }
    if (!is_terminal(c)) return false;
    // An abbreviation does not end a sentence: a capitalised word behind it tells what ICU knows.
    if (c != '.') return true;
    const std::string probe = std::string(text.substr(0, at + 1)) + " Xy";
    const std::size_t line = probe.find_last_of('\n');
    const std::string_view last =
        std::string_view(probe).substr(line == std::string::npos ? 0 : line);
    const auto length = static_cast<std::int32_t>(last.size());
    const auto opened = open_text(last);
    UErrorCode status = U_ZERO_ERROR;
    auto& iterator = sentence_iterator();
    iterator.setText(opened.get(), status);
    assert(U_SUCCESS(status) != 0);
    return iterator.preceding(length) == length - 2;
}

std::vector<std::size_t> sentence_ends(std::string_view text) {
    std::vector<std::size_t> ends;
    const auto opened = open_text(text);
    UErrorCode status = U_ZERO_ERROR;
    auto& iterator = sentence_iterator();
    iterator.setText(opened.get(), status);
    assert(U_SUCCESS(status) != 0);
    for (auto at = iterator.first(); at != icu::BreakIterator::DONE; at = iterator.next()) {
        const auto end = static_cast<std::size_t>(at);
        if (end > 0 && end < text.size() && !goes_on_in_lower_case(text, end)) ends.push_back(end);
    }
    if (ends_sentence(text)) ends.push_back(text.size());
    return ends;
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    icu::UnicodeString word;
    const auto finish = [&] {
        if (word.isEmpty()) return;
        std::string folded_word;
        word.foldCase().toUTF8String(folded_word);
        words.push_back(std::move(folded_word));
        word.remove();
    };
    for (std::size_t at = 0; at < text.size();) {
        const UChar32 c = icu_character(next_character(text, at));
        if (u_isalnum(c) != 0 || u_getCombiningClass(c) != 0) {
            word.append(c);
            continue;
        }
        if ((c == '\'' || c == 0x2019) && !word.isEmpty() && at < text.size()) {
            std::size_t ahead = at;
            if (u_isalnum(icu_character(next_character(text, ahead))) != 0) {
                word.append(UChar32{'\''});
                continue;
            }
        }
        finish();
    }
    finish();
    return words;
}

}  // namespace fabula
