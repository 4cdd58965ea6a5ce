// SPDX-License-Identifier: 0BSD
// The sampling settings as a table and the ranges of the random policy as pictures, for terminal
// and guide.
#pragma once

#include "preference/policy.h"

#include <string>

namespace fabula::app {

/// Which temperatures the random policy may draw at each top_k, in characters.
std::string ranges_as_text(const preference::RandomRanges& ranges);

/// The same as an SVG picture, 640 x 400.
std::string ranges_as_svg(const preference::RandomRanges& ranges);

/// Every numeric setting as a Markdown table: the one in docs/guide/settings.md.
std::string settings_as_markdown();

}  // namespace fabula::app
