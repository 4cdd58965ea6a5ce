// SPDX-License-Identifier: 0BSD
// Texts in HTML and SVG. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fabula::evaluate {

/// `text` as HTML and XML take it between tags and in quoted attributes. What XML cannot hold
/// (controls, U+FFFE and U+FFFF, malformed bytes) becomes U+FFFD, and characters that turn the
/// direction of writing are left out, so that a foreign name changes nothing beside it.
std::string escaped(std::string_view text);

/// A table with one heading a column; the first cell of a row is its heading. Cells are escaped
/// here.
std::string table(const std::vector<std::string>& headings,
                  const std::vector<std::vector<std::string>>& rows);

}  // namespace fabula::evaluate
