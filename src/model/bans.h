// SPDX-License-Identifier: 0BSD
// What a candidate must not write, held against its text as it grows: the phrases of bad_words and
// the patterns of bad_patterns, across the border of the prompt too. Knows texts, not tokens and
// not models. A plain value: copies share the compiled patterns and nothing else.
#pragma once

#include "base/result.h"
#include "sample/pattern.h"
#include "sample/phrases.h"
#include "sample/settings.h"

#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

/// A ban stands in the text when it ends in the candidate, wherever it begins, and when the text
/// that follows cannot change that: what a phrase or an assertion (\b, $) needs to know of the next
/// character is there, or the text is known to end. Bytes are counted from the beginning of the
/// candidate; what begins in the prompt begins at byte 0.
class Bans {
public:
    /// Patterns by their text, so that the candidates of one call compile each of them once.
    using Compiled = std::map<std::string, sample::Pattern>;

    /// `prompt`: the text before the candidate, or its last `reach_bytes(settings)` bytes that are
    /// no white space and all white space between them. `settings` must be valid.
    Bans(const sample::Settings& settings, std::string_view prompt, Compiled& compiled);

    /// How much of the prompt a ban may reach into; 0 where nothing is banned.
    static std::size_t reach_bytes(const sample::Settings& settings);

    /// The text goes on with `piece`. Returns where the first ban begins that stands there now.
    std::optional<std::size_t> append(std::string_view piece);

    /// Where the first ban begins that stands in the text if it ends here.
    std::optional<std::size_t> finish() const;

    /// The text has only its first `bytes` bytes now.
    void take_back(std::size_t bytes);

    /// Where the first ban may begin that some text could complete, if the text had only its first
    /// `bytes` bytes, which end no character in two; npos where none may.
    std::size_t open(std::size_t bytes) const;
    static constexpr std::size_t npos = std::numeric_limits<std::size_t>::max();

    /// Whether anything is banned.
    bool watches() const { return has_phrases_ || !patterns_.empty(); }

private:
    std::optional<std::size_t> in_candidate(std::optional<std::size_t> begin) const;
    std::string_view whole_text() const;

    std::string text_;              // the end of the prompt, then the candidate
    std::size_t prompt_bytes_ = 0;  // of text_
    bool has_phrases_ = false;
    sample::Phrases phrases_;
    std::vector<sample::Pattern> patterns_;
    std::size_t known_ = 0;  // of text_: what ends here or before is known not to be a pattern's
};

}  // namespace fabula::model
