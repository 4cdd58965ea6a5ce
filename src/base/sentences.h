// SPDX-License-Identifier: 0BSD
// Where sentences and words end, by Unicode rules (ICU, UAX #29) with English abbreviations known.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fabula {

/// Byte offsets of the sentence boundaries of `text`, ascending: where a sentence with the space
/// after it ends and the next begins. The end of the text counts as one only after a final . ! ? or
/// their kin (closing quotes and brackets allowed behind); 0 is not in the list. "Mr." does not end
/// one.
std::vector<std::size_t> sentence_ends(std::string_view text);

/// Whether `text`, white space at its end aside, ends as a sentence does: . ! ? … with any closing
/// quotes and brackets behind it, and no known abbreviation.
bool ends_sentence(std::string_view text);

/// The words of `text` as the n-gram measures count them: runs of letters, digits and inner
/// apostrophes, case-folded, in order.
std::vector<std::string> words_of(std::string_view text);

}  // namespace fabula
