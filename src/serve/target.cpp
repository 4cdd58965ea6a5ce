// SPDX-License-Identifier: 0BSD
#include "serve/target.h"

#include "base/utf8.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace fabula::serve {

namespace {

enum class Plus { plus, space };

int digit_of(char character) {
    if (character >= '0' && character <= '9') return character - '0';
    if (character >= 'a' && character <= 'f') return character - 'a' + 10;
    if (character >= 'A' && character <= 'F') return character - 'A' + 10;
    return -1;
}

std::optional<std::string> decoded(std::string_view text, Plus plus) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (text.size() - i < 3) return std::nullopt;
            const int high = digit_of(text[i + 1]);
            const int low = digit_of(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i] == '+' && plus == Plus::space ? ' ' : text[i];
        }
    }
    return out;
}

bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char character) {
        const auto byte = static_cast<unsigned char>(character);
        return byte < 0x20 || byte == 0x7f;
    });
}

Error refusal(std::string message) {
    return {ErrorCode::invalid_input, std::move(message)};
}

Result<std::string> parse_path(std::string_view raw) {
    for (std::size_t i = 0; i + 2 < raw.size(); ++i) {
        if (raw[i] == '%' && raw[i + 1] == '2' && (raw[i + 2] == 'f' || raw[i + 2] == 'F'))
            return refusal("path: %2F is not accepted");
    }
    auto path = decoded(raw, Plus::plus);
    if (!path) return refusal("path: a '%' is not followed by two hexadecimal digits");
    if (!is_utf8(*path)) return refusal("path: not UTF-8");
    if (has_control_character(*path)) return refusal("path: a control character is in it");
    return std::move(*path);
}

}  // namespace

Result<Target> parse_target(std::string_view target) {
    if (!target.starts_with('/')) return refusal("request: the target must begin with '/'");
    if (target.find('#') != std::string_view::npos)
        return refusal("request: the target has a fragment ('#')");
    const auto mark = target.find('?');
    auto path = parse_path(target.substr(0, mark));
    if (!path) return path.error();
    Target parsed{std::move(*path), {}};
    auto rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
    while (!rest.empty()) {
        const auto end = std::min(rest.find('&'), rest.size());
        const auto pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = decoded(pair.substr(0, equals), Plus::space);
        auto value = decoded(pair.substr(std::min(equals + 1, pair.size())), Plus::space);
        if (!name || !value)
            return refusal("query: a '%' is not followed by two hexadecimal digits");
        if (!is_utf8(*name) || !is_utf8(*value)) return refusal("query: not UTF-8");
        if (name->find('\0') != std::string::npos || value->find('\0') != std::string::npos)
            return refusal("query: a NUL is in it");
        parsed.query.insert_or_assign(std::move(*name), std::move(*value));
    }
    return parsed;
}

}  // namespace fabula::serve
