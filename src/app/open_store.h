// SPDX-License-Identifier: 0BSD
// The database that a command works on, and the story that a person means.
#pragma once

#include "app/configuration.h"
#include "store/store.h"

#include <memory>
#include <string>

namespace fabula::app {

/// Opens the database that the configuration names; says on stderr when it must wait.
Result<std::unique_ptr<store::Store>> open_store(const Configuration& configuration);

/// "12", or "last" for the story that changed last. Errors: invalid_input, not_found.
Result<store::StoryId> find_story(store::Store& store, const std::string& name);

}  // namespace fabula::app
