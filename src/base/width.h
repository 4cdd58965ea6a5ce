// SPDX-License-Identifier: 0BSD
// How much room text takes on a terminal: columns by grapheme, and lines that break between words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fabula {

/// Columns that `text` takes on a terminal: 0 for combining marks and controls, 2 for wide East
/// Asian characters and emoji, 1 else; a grapheme is as wide as its widest character.
std::size_t columns_of(std::string_view text);

/// `text` broken into lines of at most `columns` columns (> 0) at white space; a line break in the
/// text stays one; a word longer than a line is broken between graphemes.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

/// The longest prefix of `text` that takes at most `columns` columns, cut between graphemes.
std::string_view first_columns(std::string_view text, std::size_t columns);

}  // namespace fabula
