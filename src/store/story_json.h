// SPDX-License-Identifier: 0BSD
// A whole story as one JSON document (docs/formats/story.md): what `story export --format json`
// writes and `story import` reads back, with nothing lost. Untrusted on the way in.
#pragma once

#include "store/store.h"

#include <string>
#include <string_view>

namespace fabula::store {

/// Format "fabula-story", version 1. Indented by two spaces, ends with a line break.
std::string to_json(const Story& story);

/// Reads such a document. Every reference inside is checked: parents stand before children, indices
/// exist, offers and choices fit, trace lengths agree. Errors: invalid_input naming the place, such
/// as "story: passages[3].parent: 9 is not an earlier passage". Never throws, whatever the bytes.
Result<Story> story_from_json(std::string_view json);

}  // namespace fabula::store
