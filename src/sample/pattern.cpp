// SPDX-License-Identifier: 0BSD
#include "sample/pattern.h"

#include "base/utf8.h"
#include "sample/pattern_beginnings.h"

#include <re2/re2.h>

#include <array>
#include <utility>

namespace fabula::sample {
namespace {

constexpr int automaton_bytes = 2 << 20;

re2::StringPiece piece(std::string_view text) {
    return {text.data(), text.size()};
}

RE2::Options options() {
    RE2::Options all;
    all.set_log_errors(false);
    all.set_max_mem(automaton_bytes);
    return all;
}

// The first place between characters at or behind `at`.
std::size_t border(std::string_view text, std::size_t at) {
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U)
        ++at;
    return at;
}

// How far back a match may begin that ends at `end`.
std::size_t reach(std::string_view text, std::size_t end) {
    return end <= pattern_reach_bytes ? 0 : border(text, end - pattern_reach_bytes);
}

// Whether it matches no characters somewhere. What may hold there (^ $ \b \B \A \z) depends on the
// two characters around it alone: none, a line break, a letter or another.
bool matches_nothing(const RE2& pattern) {
    for (const std::string_view before : {"", "\n", "a", " "}) {
        for (const std::string_view behind : {"", "\n", "a", " "}) {
            const std::string text = std::string(before) + std::string(behind);
            if (pattern.Match(piece(text), before.size(), before.size(), RE2::ANCHOR_BOTH, nullptr,
                              0))
                return true;
        }
    }
    return false;
}

// The beginning of a text for a message of one line.
std::string shown(std::string_view text) {
    constexpr std::size_t most_shown = 60;
    std::string line = repaired_utf8(text.substr(0, border(text, most_shown)));
    for (char& c : line) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return text.size() > most_shown ? line + "..." : line;
}

Error refused(std::string_view pattern, const std::string& reason) {
    return {ErrorCode::invalid_input, "the pattern '" + shown(pattern) + "' " + reason};
}

}  // namespace

struct Pattern::Automata {
    Automata(const std::string& ending, const std::string& open)
        : ending_here(ending, options()), open_here(open, options()) {}

    RE2 ending_here;  // anything, then a match: captured
    RE2 open_here;    // the beginning of a match that reaches to the end; not ok where unknown
};

Result<Pattern> Pattern::compiled(std::string_view pattern) {
    if (!is_utf8(pattern)) return refused(pattern, "is not UTF-8");
    if (pattern.size() > most_pattern_bytes)
        return refused(pattern, "has " + std::to_string(pattern.size()) + " bytes, at most " +
                                    std::to_string(most_pattern_bytes) + " are taken");
    const RE2 given(piece(pattern), options());
    if (!given.ok()) return refused(pattern, "is no regular expression: " + shown(given.error()));
    if (matches_nothing(given)) return refused(pattern, "matches the empty text");
    const std::string inner =
        without_captures(pattern).value_or("(?:" + std::string(pattern) + ")");
    const auto begun = beginnings(pattern);
    auto automata =
        std::make_shared<const Automata>("(?s:.*?)(" + inner + ")", begun ? *begun + "\\z" : "[");
    if (!automata->ending_here.ok())
        return refused(pattern, "is too large: " + shown(automata->ending_here.error()));
    return Pattern(std::move(automata));
}

std::optional<std::size_t> Pattern::find(std::string_view text, std::size_t after,
                                         std::size_t upto) const {
    if (after >= upto) return {};
    const RE2& ending_here = automata_->ending_here;
    // Nearly always there is no match at all, and one pass says so.
    if (!ending_here.Match(piece(text), reach(text, after), upto, RE2::ANCHOR_START, nullptr, 0))
        return {};
    std::optional<std::size_t> first;
    for (std::size_t end = upto; end > after; previous_character(text, end)) {
        std::array<re2::StringPiece, 2> parts;
        if (!ending_here.Match(piece(text), reach(text, end), end, RE2::ANCHOR_BOTH, parts.data(),
                               static_cast<int>(parts.size())))
            continue;
        const auto begin = static_cast<std::size_t>(parts[1].data() - text.data());
        first = first ? std::min(*first, begin) : begin;
    }
    return first;
}

std::size_t Pattern::open(std::string_view text) const {
    const std::size_t from = reach(text, text.size());
    const RE2& open_here = automata_->open_here;
    re2::StringPiece found;
    if (!open_here.ok()) return from;
    if (!open_here.Match(piece(text), from, text.size(), RE2::UNANCHORED, &found, 1))
        return text.size();
    return static_cast<std::size_t>(found.data() - text.data());
}

Result<Unit> check_patterns(const std::vector<std::string>& patterns) {
    thread_local std::vector<std::string> known;
    if (patterns.empty() || patterns == known) return Unit{};
    if (patterns.size() > most_patterns)
        return Error{ErrorCode::invalid_input, std::to_string(patterns.size()) +
                                                   " patterns, at most " +
                                                   std::to_string(most_patterns) + " are taken"};
    for (const auto& each : patterns) {
        if (const auto good = Pattern::compiled(each); !good) return good.error();
    }
    known = patterns;
    return Unit{};
}

}  // namespace fabula::sample
