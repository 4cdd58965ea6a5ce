// SPDX-License-Identifier: 0BSD
// Words that are never written, whichever tokens they are spelt with (S3.15). Two nets: the
// spellings to tokenise and ban token by token (Sampler's bad_sequences), and a look at the text
// itself, which sees spellings that no list of tokens has.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::sample {

/// The text variants of `word` to tokenise, white space at its ends aside: as given, in lower and
/// upper case, and with its first letter in title case, each without and with a space in front;
/// each once. Empty for a word of white space.
std::vector<std::string> bad_spellings(std::string_view word);

/// Whether appending `piece` to `text_before` completes one of `bad_words`: the word ends inside
/// `piece`, in any case, between the borders of a word. Its end is a border when no letter or digit
/// follows, or nothing yet: "hell" is complete at the end of the text, and in "hell!", but not
/// in "hello" when that comes in one piece. What `text_before` already holds is not held against
/// `piece`. White space in a word stands for any white space. Borders also lie between the
/// characters of scripts that put no space between words (Han, kana, Thai, ...). Bytes of a
/// character still to come are left out.
bool completes_bad_word(std::string_view text_before, std::string_view piece,
                        std::span<const std::string> bad_words);

}  // namespace fabula::sample
