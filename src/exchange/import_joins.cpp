// SPDX-License-Identifier: 0BSD
#include "exchange/import_joins.h"

#include <algorithm>
#include <array>
#include <vector>

namespace fabula::exchange {
namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// `text` without white space, and where each of its bytes stood.
struct Dense {
    std::string bytes;
    std::vector<std::size_t> places;
};

Dense dense(std::string_view text) {
    Dense found;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_space(text[i])) continue;
        found.bytes += text[i];
        found.places.push_back(i);
    }
    return found;
}

std::string dense_bytes(std::string_view text) {
    std::string bytes;
    std::copy_if(text.begin(), text.end(), std::back_inserter(bytes),
                 [](char c) { return !is_space(c); });
    return bytes;
}

/// How long the longest end of `text` is with which `pattern` begins (the prefix function of Knuth,
/// Morris and Pratt, 1977).
std::size_t overlap(std::string_view text, std::string_view pattern) {
    if (pattern.empty()) return 0;
    if (text.size() > pattern.size()) text.remove_prefix(text.size() - pattern.size());
    std::vector<std::size_t> borders(pattern.size(), 0);
    for (std::size_t i = 1, matched = 0; i < pattern.size(); ++i) {
        while (matched > 0 && pattern[i] != pattern[matched])
            matched = borders[matched - 1];
        if (pattern[i] == pattern[matched]) ++matched;
        borders[i] = matched;
    }
    std::size_t matched = 0;
    for (const char c : text) {
        while (matched > 0 && (matched == pattern.size() || c != pattern[matched]))
            matched = borders[matched - 1];
        if (c == pattern[matched]) ++matched;
    }
    return matched;
}

bool begins_with_any(std::string_view text, std::initializer_list<std::string_view> marks) {
    return std::any_of(marks.begin(), marks.end(),
                       [&](std::string_view mark) { return text.starts_with(mark); });
}

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> marks) {
    return std::any_of(marks.begin(), marks.end(),
                       [&](std::string_view mark) { return text.ends_with(mark); });
}

}  // namespace

bool end_alike(std::string_view a, std::string_view b) {
    std::size_t i = a.size();
    std::size_t j = b.size();
    bool has_words = false;
    for (;;) {
        while (i > 0 && is_space(a[i - 1]))
            --i;
        while (j > 0 && is_space(b[j - 1]))
            --j;
        if (i == 0 || j == 0) return has_words;
        if (a[i - 1] != b[j - 1]) return false;
        has_words = true;
        --i;
        --j;
    }
}

std::optional<std::string> behind(std::string_view story, std::string_view input) {
    const Dense given = dense(input);
    const std::string before = dense_bytes(story);
    std::size_t n = 0;
    if (given.bytes.starts_with(before)) {
        n = before.size();
    } else {
        n = overlap(before, given.bytes);
        if (n < least_overlap) return {};
    }
    if (n == given.bytes.size()) return {};
    // The white space in front of the first new word belongs to it, where the story has none.
    std::size_t begin = n == 0 ? 0 : given.places[n - 1] + 1;
    if (!story.empty() && is_space(story.back())) begin = given.places[n];
    return std::string(input.substr(begin));
}

bool needs_space(std::string_view story, std::string_view text) {
    if (story.empty() || text.empty()) return false;
    if (is_space(story.back()) || is_space(text.front())) return false;
    if (begins_with_any(text, {".", ",", ";", ":", "!", "?", ")", "]", "}", "'", "-", "’", "”", "»",
                               "…", "—", "–"}))
        return false;
    return !ends_with_any(story, {"(", "[", "{", "-", "“", "‘", "«", "—", "–"});
}

}  // namespace fabula::exchange
