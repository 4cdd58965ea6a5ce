// SPDX-License-Identifier: 0BSD
// Which bytes of a text stand inside quotation marks. Pure functions.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace fabula::preference {

/// A stretch of a text, [begin, end) in bytes, without the marks themselves.
struct Stretch {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool is_quoted = false;

    bool operator==(const Stretch&) const = default;
};

/// `text` cut at its quotation marks " “ ” „ « », in order. `is_open`: whether it begins inside a
/// quotation. A line break ends one that stands open, since each paragraph of a long speech opens
/// its own.
std::vector<Stretch> stretches_of(std::string_view text, bool is_open = false);

/// Whether what follows `text` would stand inside a quotation.
bool ends_in_quotation(std::string_view text);

}  // namespace fabula::preference
