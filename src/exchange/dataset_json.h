// SPDX-License-Identifier: 0BSD
// The lines of a data set as JSON, one object a line, and what describes them: the JSON Schema and
// the manifest dataset.json. Untrusted on the way in.
#pragma once

#include "exchange/dataset_line.h"
#include "exchange/dataset_manifest.h"

#include <string>
#include <string_view>

namespace fabula::exchange {

/// One line, without the line break. Numbers that JSON has not (infinities) are null; unsigned
/// 64-bit numbers are decimal texts; trace numbers are written with as few digits as give the same
/// 32-bit float back.
std::string to_json(const OfferLine& offer);
std::string to_json(const PairLine& pair);

/// Reads what the above writes, strictly: every key there, none unknown or twice, types, ranges and
/// references as docs/formats/dataset.md says. A trace number that is null reads as -infinity.
/// Errors: invalid_input naming the place, such as "candidates[1].settings: top_p 2 is out of
/// range". Never throws, whatever the bytes.
Result<OfferLine> offer_line_from_json(std::string_view json);
Result<PairLine> pair_line_from_json(std::string_view json);

/// The JSON Schema (2020-12) of both kinds of lines, indented; docs/formats/dataset.schema.json is
/// the same text.
std::string dataset_schema();

/// dataset.json, indented.
std::string to_json(const Manifest& manifest);
/// Errors: invalid_input naming the place. Never throws.
Result<Manifest> manifest_from_json(std::string_view json);

/// For programs: what `fabula dataset publish --json` and `check --json` print, one line with its
/// break.
std::string published_as_json(const Manifest& manifest, const std::string& folder,
                              std::size_t n_files);

}  // namespace fabula::exchange
