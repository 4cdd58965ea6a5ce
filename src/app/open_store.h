// SPDX-License-Identifier: 0BSD
// The database that a command works on, the story that a person means, and whose choices they are.
#pragma once

#include "app/configuration.h"
#include "store/store.h"

#include <memory>
#include <string>

namespace fabula::app {

/// The database that the configuration names, else the standard one: a path, or a URL that may hold
/// a password (store::shown_address is what people see).
std::string database_of(const Configuration& configuration);

/// Whether it is there already: opening it would make nothing new. Errors: as opening it, where a
/// server must be asked.
Result<bool> has_database(const Configuration& configuration);

/// Opens that database; says on stderr when it must wait.
Result<std::unique_ptr<store::Store>> open_store(const Configuration& configuration);

/// Whose choices these are: who is logged in, unless the configuration says otherwise; "" where
/// nobody says.
std::string user_of(const Configuration& configuration);

/// "12", or "last" for the story that changed last. Errors: invalid_input, not_found.
Result<store::StoryId> find_story(store::Store& store, const std::string& name);

}  // namespace fabula::app
