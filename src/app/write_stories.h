// SPDX-License-Identifier: 0BSD
// Many stories from one prompt, unattended: each with random numbers of its own, so that one can
// see what settings do. What was interrupted goes on when the same is asked for again.
#pragma once

#include "app/write_view.h"
#include "app/writing.h"

#include <cstddef>

namespace fabula::app {

struct StoriesOptions {
    std::size_t n_stories = 1;
    std::size_t steps = 8;  // of each
    bool is_quiet = false;  // the texts and nothing else
};

/// Writes those that are not there yet and goes on with those that are not complete. Each story's
/// `source` names the prompt, the seed, model, policy and settings, and its number; that is how it
/// is found again. `json`: gets every event; null: a line a story. Returns the exit status. Errors:
/// those of writing; what was written stays.
Result<int> write_stories(Desk& desk, const WritingArguments& arguments,
                          const StoriesOptions& options, View* json);

}  // namespace fabula::app
