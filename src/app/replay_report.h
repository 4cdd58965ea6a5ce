// SPDX-License-Identifier: 0BSD
// What `fabula story replay` found, for people and for programs.
#pragma once

#include "engine/replay.h"

#include <string>

namespace fabula::app {

/// Some lines: how many are the same, then the first difference of each that is not, then why some
/// were left out.
std::string replay_as_text(store::StoryId story, const engine::Replayed& replayed);

/// One line: {"candidates":N,"equal":N,"not_promised":N,"other":N,"differing":[...],...}
/// (docs/formats/candidates.md).
std::string replay_as_json(store::StoryId story, const engine::Replayed& replayed);

}  // namespace fabula::app
