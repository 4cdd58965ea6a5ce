// SPDX-License-Identifier: 0BSD
// A model that says what its script says: byte tokens, no weights. It ships, so that tests, demos
// and the signature run need no download.
//
// The script is a list of texts. A sequence of bytes that ends with the beginning of a text is
// continued as that text is; the longest such beginning counts, the empty one too, and texts that
// tie share the probability equally. Behind the end of a text stands the end token.
#pragma once

#include "model/model.h"

#include <memory>
#include <string>
#include <string_view>

namespace fabula::model {

/// `script`: texts separated by lines that hold `---` alone; the line break before such a line and
/// one at the end of the script belong to no text. `window_tokens`: most bytes of a branch.
/// Errors: invalid_input when there is no text or one is not UTF-8.
Result<std::unique_ptr<Model>> make_scripted(std::string_view script,
                                             std::size_t window_tokens = 4096);

}  // namespace fabula::model
