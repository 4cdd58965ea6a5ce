// SPDX-License-Identifier: 0BSD
// Where things are on this machine, by the XDG base directory rules.
#pragma once

#include <string>
#include <vector>

namespace fabula::app {

/// $FABULA_DB, else fabula/fabula.db in $XDG_DATA_HOME, else in ~/.local/share.
std::string default_database();

/// $FABULA_MODELS, else fabula/models in $XDG_DATA_HOME, else in ~/.local/share.
std::string models_folder();

/// $FABULA_USAGE, else fabula/usage in $XDG_DATA_HOME, else in ~/.local/share: what remote models
/// cost, by month.
std::string usage_folder();

/// Files with a token for Hugging Face: .hf_token here, then in the home folder.
std::vector<std::string> hub_token_files();

/// $FABULA_CONFIG, else fabula/config.toml in $XDG_CONFIG_HOME, else in ~/.config.
std::string config_file();

/// $FABULA_PRESETS, else the folder `presets` beside the configuration file.
std::string presets_folder();

/// $FABULA_CACHE, else fabula in $XDG_CACHE_HOME, else in ~/.cache.
std::string cache_folder();

/// The token of `fabula serve` off the loopback, unless a file is named: beside the database.
std::string token_file();

/// The folder `pages` in it: what models computed (model/page_folder.h).
std::string pages_folder();

}  // namespace fabula::app
