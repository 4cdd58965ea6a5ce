// SPDX-License-Identifier: 0BSD
// One banned regular expression (bad_patterns), in the syntax of RE2, which takes time in
// proportion to the text whatever the pattern, so that a pattern may come from anybody.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fabula::sample {

/// What a pattern may take.
constexpr std::size_t most_patterns = 64;         // in one list
constexpr std::size_t most_pattern_bytes = 1000;  // of one pattern
constexpr std::size_t pattern_reach_bytes = 512;  // of one match; longer ones are not seen

/// Two automata of at most 2 MiB each. Copies share them. Threads: any number may use one.
class Pattern {
public:
    /// Errors: invalid_input, in one line that quotes the pattern and says why: what RE2 says of
    /// it, too long, or that it matches the empty text, which stands everywhere.
    static Result<Pattern> compiled(std::string_view pattern);

    /// Where the earliest of the matches begins that end behind byte `after` and not behind byte
    /// `upto` of `text`; nothing where there is none. Both lie between characters, `text` is
    /// well-formed UTF-8, and what it has behind `upto` is there for assertions (\b, $) to look at.
    std::optional<std::size_t> find(std::string_view text, std::size_t after,
                                    std::size_t upto) const;

    /// Where the earliest end of `text` begins that may be the beginning of a match, whatever
    /// follows; text.size() where none may. Where the pattern is too intricate to know, that is the
    /// farthest that a match can reach.
    std::size_t open(std::string_view text) const;

private:
    struct Automata;
    explicit Pattern(std::shared_ptr<const Automata> automata) : automata_(std::move(automata)) {}

    std::shared_ptr<const Automata> automata_;
};

/// Whether all of them can be compiled. Errors: as above, and when there are too many. The last
/// list that was good is known again: candidates come in many with the same settings.
Result<Unit> check_patterns(const std::vector<std::string>& patterns);

}  // namespace fabula::sample
