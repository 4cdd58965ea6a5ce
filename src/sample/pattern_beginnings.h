// SPDX-License-Identifier: 0BSD
// From a regular expression one for the beginnings of its matches. RE2 cannot say that a match
// might still come; a search for a beginning that reaches to the end of the text can. Text to text;
// knows RE2's syntax and not its code.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fabula::sample {

/// A pattern without captures that matches every beginning of what `pattern` matches, the empty and
/// the whole one too, and perhaps more: what an assertion (^ $ \b \A \z) asks of the text behind it
/// is not known yet. `pattern` must be one that RE2 takes. Nothing where it has syntax that is not
/// known here, or nests more than 200 deep.
///
///   beginnings(ab)      = (?:beginnings(a)|a beginnings(b))
///   beginnings(a|b)     = (?:beginnings(a)|beginnings(b))
///   beginnings(a*)      = a* beginnings(a)
///   beginnings(a{2,5})  = a{0,4} beginnings(a)
///
/// Its length is at most that of the pattern times its depth of groups, and a little more.
std::optional<std::string> beginnings(std::string_view pattern);

/// The same pattern without captures, so that it may be put into another one: (?:...), with every
/// \Q closed. Nothing as above.
std::optional<std::string> without_captures(std::string_view pattern);

}  // namespace fabula::sample
