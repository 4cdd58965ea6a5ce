// SPDX-License-Identifier: 0BSD
// A stored story in the forms that people and programs read.
#pragma once

#include "store/store.h"
#include "story/tree.h"

#include <string>
#include <vector>

namespace fabula::app {

/// Title, then the text from the opening to where the story stands.
std::string story_as_text(const store::Story& story);
std::string story_as_markdown(const store::Story& story);

/// Every passage, one a line, branches indented, the place where the story stands marked.
/// `columns`: where lines are cut.
std::string story_as_tree(const store::Story& story, std::size_t columns);

/// One line a candidate that was ever offered, taken or not, with prompt, settings,
/// log-probabilities and what became of it (docs/formats/candidates.md): the story as data for
/// research.
std::string story_as_jsonl(const store::Story& story);

/// `fabula story list --json`: an array.
std::string summaries_as_json(const std::vector<store::StorySummary>& stories);

}  // namespace fabula::app
