// SPDX-License-Identifier: 0BSD
// The README.md of a data set, as model hubs read it: a head in YAML, then Markdown for people.
// Pure functions.
#pragma once

#include "exchange/dataset_manifest.h"
#include "exchange/dataset_statistics.h"

#include <string>

namespace fabula::exchange {

/// The whole card. The same data give the same text: it holds no time of its own.
std::string dataset_card(const Manifest& manifest, const Statistics& statistics);

/// The head alone, without its "---" lines: licence, languages, sizes, and for each of the two
/// configurations its files and the types of its columns. Splits without lines are left out, since
/// readers refuse empty files.
std::string card_head(const Manifest& manifest);

}  // namespace fabula::exchange
