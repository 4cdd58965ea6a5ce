// SPDX-License-Identifier: 0BSD
#include "evaluate/markup.h"

#include "base/utf8.h"

namespace fabula::evaluate {
namespace {

bool turns_direction(char32_t c) {
    return c == 0x200E || c == 0x200F || c == 0x061C || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

bool is_forbidden(char32_t c) {
    return (c < 0x20 && c != U'\n' && c != U'\t') || (c >= 0x7F && c < 0xA0) || c == 0xFFFE ||
           c == 0xFFFF;
}

}  // namespace

std::string escaped(std::string_view text) {
    const std::string whole = repaired_utf8(text);
    std::string out;
    out.reserve(whole.size());
    std::size_t at = 0;
    while (at < whole.size()) {
        const std::size_t begin = at;
        const char32_t c = next_character(whole, at);
        if (turns_direction(c)) continue;
        if (is_forbidden(c))
            out += "\xEF\xBF\xBD";
        else if (c == U'&')
            out += "&amp;";
        else if (c == U'<')
            out += "&lt;";
        else if (c == U'>')
            out += "&gt;";
        else if (c == U'"')
            out += "&quot;";
        else if (c == U'\'')
            out += "&#39;";
        else
            out.append(whole, begin, at - begin);
    }
    return out;
}

std::string table(const std::vector<std::string>& headings,
                  const std::vector<std::vector<std::string>>& rows) {
    std::string out = "<div class=\"wide\"><table><thead><tr>";
    for (const auto& heading : headings)
        out += "<th scope=\"col\">" + escaped(heading) + "</th>";
    out += "</tr></thead><tbody>\n";
    for (const auto& row : rows) {
        out += "<tr>";
        for (std::size_t i = 0; i < row.size(); ++i) {
            out += i == 0 ? "<th scope=\"row\">" + escaped(row[i]) + "</th>"
                          : "<td>" + escaped(row[i]) + "</td>";
        }
        out += "</tr>\n";
    }
    return out + "</tbody></table></div>\n";
}

}  // namespace fabula::evaluate
