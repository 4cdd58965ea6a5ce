// SPDX-License-Identifier: 0BSD
// Writes stories of the store as a data set: a folder of lines, pairs, a card, a schema and
// checksums (docs/formats/dataset.md). One story is in memory at a time.
#pragma once

#include "exchange/dataset_folder.h"
#include "exchange/dataset_lines.h"
#include "exchange/dataset_manifest.h"
#include "store/store.h"

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace fabula::exchange {

struct PublishOptions {
    std::string folder;
    LineRules rules;
    SplitRule split;
    std::string title = "Choices in stories written with Fabula";
    std::string license = "cc-by-4.0";  // as model hubs name it
    std::vector<std::string> languages;
    Existing existing = Existing::refused;
    /// How many stories of how many are done; may be empty.
    std::function<void(std::size_t done, std::size_t all)> on_progress = {};
};

/// The folder's name exists when this returns success, and is what it was before when it does not.
/// Errors: invalid_input (a licence or language that is no identifier), not_found (no story or
/// offer to publish), conflict (the folder), unavailable ("stopped", too), exhausted, and what the
/// store says.
Result<Manifest> publish(store::Store& store, const PublishOptions& options,
                         const std::stop_token& stop);

}  // namespace fabula::exchange
