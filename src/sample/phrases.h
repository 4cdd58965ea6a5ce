// SPDX-License-Identifier: 0BSD
// Banned phrases (bad_words, S3.15) in a text that grows and is taken back. They are looked for in
// the text, so that it does not matter which tokens spell them. A plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::sample {

/// A phrase stands in a text in any case (full Unicode case folding), with any run of white space
/// where it has white space, between the borders of words: next to a letter, a digit or a mark that
/// is in the phrase there may stand none outside of it, but for scripts that put no space between
/// words (Han, kana, Thai, ...). White space at its ends is no part of it.
///
/// Where the text ends nobody knows whether the word goes on, so a phrase counts when something
/// follows that is no part of its word ("hell" in "hell!", not in "hello"), or when `finish` says
/// that nothing does.
///
/// Source: Knuth, Morris, Pratt, "Fast Pattern Matching in Strings", 1977; one automaton a phrase,
/// over folded characters with runs of white space as one. O(phrases) a character.
class Phrases {
public:
    /// `before`: what stands before the text, well-formed UTF-8. A phrase may begin in it; one that
    /// ends in it does not count. If more stands before that, then `before` must have at least
    /// `reach_bytes(phrases)` bytes that are no white space.
    Phrases(std::span<const std::string> phrases, std::string_view before);

    static std::size_t reach_bytes(std::span<const std::string> phrases);

    // Bytes are counted from the beginning of `before`.

    /// Reads on: `text` is `before` and the text as it stands, all of it, and continues what was
    /// read. A character that it cuts off is read when it is whole. Returns where the first of the
    /// phrases begins that are now known to stand there.
    std::optional<std::size_t> read(std::string_view text);

    /// Where a phrase begins that ends with the text, if it ends here.
    std::optional<std::size_t> finish() const;

    /// The text has only its first `bytes` bytes now.
    void take_back(std::size_t bytes);

    /// If the text had only its first `bytes` bytes: where the longest end of it begins that may
    /// turn out to be a phrase, its end still to come or still to be known; npos where none may.
    std::size_t open(std::size_t bytes) const;
    static constexpr std::size_t npos = std::string_view::npos;

private:
    struct Character {
        char32_t c = 0;  // folded
        std::size_t begin = 0;
        std::size_t end = 0;
        bool joins = false;  // with its neighbours into a word
    };
    struct Phrase {
        std::vector<char32_t> characters;
        std::vector<std::uint32_t> fallback;  // [i]: longest proper beginning that ends at i
        std::uint32_t matched = 0;            // characters of it that the text ends with

        std::uint32_t next(std::uint32_t length, char32_t c) const;
    };

    bool borders(std::size_t at) const;
    std::uint32_t matched(const Phrase& phrase, std::size_t n_characters) const;
    std::optional<std::size_t> take(const Character& character);

    std::vector<Phrase> phrases_;
    std::vector<Character> characters_;  // of a run of white space only the first
    std::size_t before_bytes_ = 0;
    std::size_t read_ = 0;
};

}  // namespace fabula::sample
