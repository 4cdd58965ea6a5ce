// SPDX-License-Identifier: 0BSD
// The flags that several verbs share, made from the tables of settings and keys.
#pragma once

#include "app/configuration.h"

#include <initializer_list>
#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): the library is called so
class App;
}

namespace fabula::app {

/// One flag for every sampling setting, and --settings, --bad-word, --bad-pattern, --stop,
/// --logit-bias, --order,
/// --ignore-end. `flags` must outlive the parse.
void add_settings_flags(CLI::App& app, Flags& flags);

/// Flags for some of `keys()`.
void add_key_flags(CLI::App& app, Flags& flags, std::initializer_list<const char*> names);

}  // namespace fabula::app
