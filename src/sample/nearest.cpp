// SPDX-License-Identifier: 0BSD
#include "sample/nearest.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace fabula::sample {
namespace {

// What is typed may be anything; a name longer than this is near to none.
constexpr std::size_t longest_name = 64;

char plain(char c) {
    return c == '-' ? '_' : c;
}

std::size_t slips(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = plain(a[i - 1]) == plain(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
            const bool swapped = i > 1 && j > 1 && plain(a[i - 1]) == plain(b[j - 2]) &&
                                 plain(a[i - 2]) == plain(b[j - 1]);
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view typed, std::span<const std::string_view> known) {
    std::string_view best;
    std::size_t fewest = typed.size() + longest_name;
    if (typed.size() > longest_name) return best;
    for (const auto name : known) {
        const std::size_t count = slips(typed, name);
        if (count < fewest && count <= std::max<std::size_t>(1, name.size() / 3)) {
            fewest = count;
            best = name;
        }
    }
    return best;
}

Error unknown_name(std::string_view kind, std::string_view typed,
                   std::span<const std::string_view> known) {
    std::string shown(typed.substr(0, longest_name));
    // One line, whatever was typed: control characters and broken UTF-8 do not reach a terminal.
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    std::string message = "unknown " + std::string(kind) + " '" + shown + "'";
    if (const auto name = nearest(typed, known); !name.empty()) {
        message += ": did you mean '" + std::string(name) + "'?";
    } else {
        message += "; known are";
        for (std::size_t i = 0; i < known.size(); ++i)
            message += (i == 0 ? " " : ", ") + std::string(known[i]);
    }
    return {ErrorCode::invalid_input, message};
}

}  // namespace fabula::sample
