// SPDX-License-Identifier: 0BSD
// UTF-8 as bytes: is it whole, where may it be cut, the same word in another case. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fabula {

/// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF).
bool is_utf8(std::string_view text);

/// Byte offset of the first byte that is not well-formed UTF-8, or text.size().
std::size_t first_malformed(std::string_view text);

/// Length in bytes of the longest prefix of `text` that does not end inside a character. Bytes that
/// can never become a character count as complete. Shows text as it arrives: never half a
/// character.
std::size_t complete_prefix(std::string_view text);

/// `text` with every malformed sequence replaced by U+FFFD, as the WHATWG decoder does.
std::string repaired_utf8(std::string_view text);

/// The character that begins at byte `at` (< text.size()), moving `at` behind it; U+FFFD for
/// malformed.
char32_t next_character(std::string_view text, std::size_t& at);

/// The character that ends at byte `at` (> 0), moving `at` to its first byte; U+FFFD for malformed.
char32_t previous_character(std::string_view text, std::size_t& at);

/// Full Unicode case folding (ICU), for comparing words without regard to case.
std::string folded(std::string_view text);

/// `text` in upper case, and with its first letter in title case (root locale).
std::string upper_case(std::string_view text);
std::string title_case_first(std::string_view text);

}  // namespace fabula
