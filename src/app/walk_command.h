// SPDX-License-Identifier: 0BSD
// `fabula model walk`: the logits behind branches that come one after another, with a cache that
// is small, on disk, or both. What the check of pages on disk is made of.
#pragma once

#include "app/commands.h"

namespace fabula::app {

/// Adds `walk` to the verb `model`.
void add_walk(CLI::App& model_command, Run& run);

}  // namespace fabula::app
