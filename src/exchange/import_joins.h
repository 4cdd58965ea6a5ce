// SPDX-License-Identifier: 0BSD
// How texts that were cut and joined by somebody else belong together: what the next input says of
// the words before it, whatever happened to the white space between them. Pure functions over
// bytes, linear in their lengths.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fabula::exchange {

/// Whether one of the two, white space aside, ends with the other. Something that is all white
/// space ends nothing.
bool end_alike(std::string_view a, std::string_view b);

/// What stands in `input` behind `story`, white space between words aside: `input` begins with the
/// story, or with an end of it of at least `least_overlap` bytes that are no white space. Empty
/// where it does neither, or where nothing but white space follows.
std::optional<std::string> behind(std::string_view story, std::string_view input);
constexpr std::size_t least_overlap = 16;

/// Whether the words of `story` and `text` would run together: no white space between them, and
/// `text` begins neither with a mark that belongs to the word before it nor behind an opening one.
bool needs_space(std::string_view story, std::string_view text);

}  // namespace fabula::exchange
