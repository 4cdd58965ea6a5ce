// SPDX-License-Identifier: 0BSD
#include "serve/head.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace fabula::serve {

namespace {

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char character) {
        return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                    : character;
    });
    return lower;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

struct Framing {
    std::size_t length = 0;  // of a body that may be waited for
    std::size_t n_lengths = 0;
    bool is_chunked = false;
    bool is_expecting = false;  // the client waits for "100 Continue"
};

void note(std::string_view line, Framing& framing) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string name = lower_case(line.substr(0, colon));
    const auto value = trimmed(line.substr(colon + 1));
    if (name == "content-length") {
        ++framing.n_lengths;
        std::size_t length = 0;
        const auto [end, fault] =
            std::from_chars(value.data(), value.data() + value.size(), length);
        if (fault == std::errc() && end == value.data() + value.size()) framing.length = length;
    }
    if (name == "transfer-encoding") framing.is_chunked = true;
    if (name == "expect") framing.is_expecting = true;
}

// Whether a CR stands without its LF behind it, or a NUL.
bool has_stray_byte(std::string_view line) {
    return line.find('\0') != std::string_view::npos || line.find('\r') != std::string_view::npos;
}

// Three words with one space between them, and no fragment. What they say is the library's to
// judge.
bool is_request_line(std::string_view line) {
    return std::count(line.begin(), line.end(), ' ') == 2 && line.find("  ") == std::string::npos &&
           line.front() != ' ' && line.back() != ' ' && line.find('#') == std::string_view::npos;
}

HeadState state_of_line(std::string_view line, std::size_t number, const HeadLimits& limits) {
    if (line.size() > limits.most_line_bytes || number > limits.most_lines)
        return HeadState::too_large;
    if (has_stray_byte(line)) return HeadState::malformed;
    if (number > 0 && (line.front() == ' ' || line.front() == '\t')) return HeadState::malformed;
    if (number == 0 && !is_request_line(line)) return HeadState::malformed;
    return HeadState::ready;
}

}  // namespace

HeadState state_of_head(std::string_view bytes, const HeadLimits& limits) {
    Framing framing;
    std::size_t at = 0;
    for (std::size_t number = 0;; ++number) {
        const auto feed = bytes.find('\n', at);
        if (std::min(feed, bytes.size()) >= limits.most_bytes) return HeadState::too_large;
        if (feed == std::string_view::npos) {
            const bool is_long = bytes.size() - at > limits.most_line_bytes + 1;
            return is_long ? HeadState::too_large : HeadState::waits;
        }
        if (feed == at || bytes[feed - 1] != '\r') return HeadState::malformed;
        const auto line = bytes.substr(at, feed - 1 - at);
        at = feed + 1;
        if (line.empty()) break;
        const HeadState state = state_of_line(line, number, limits);
        if (state != HeadState::ready) return state;
        note(line, framing);
    }
    const bool is_waited_for = !framing.is_chunked && !framing.is_expecting &&
                               framing.n_lengths < 2 && framing.length <= small_body_bytes;
    return is_waited_for && bytes.size() - at < framing.length ? HeadState::waits
                                                               : HeadState::ready;
}

}  // namespace fabula::serve
