// SPDX-License-Identifier: 0BSD
// Reads histories of choices that somebody else kept, and puts them into a store: each story once,
// however often it is asked. What is left out is counted, with its place and the reason.
#pragma once

#include "exchange/import_story.h"
#include "store/store.h"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace fabula::exchange {

struct ImportOptions {
    std::optional<Format> format;  // by the file's first bytes, where there is none
    std::optional<FieldMap> map;   // standard_map(), where there is none
    Timestamp now{};               // of what has no time of its own
    /// Told the share that is done, in [0, 1]; may be empty.
    std::function<void(double share)> on_progress;
    std::stop_token stop;  // batches that are kept stay
};

struct ImportReport {
    Format format{};
    std::size_t stories = 0;  // these three: added, or that would be
    std::size_t offers = 0;
    std::size_t choices = 0;
    std::size_t edited = 0;     // passages that a person changed or wrote, among them
    std::size_t unmatched = 0;  // inputs that are no continuation of their story: kept as they are
    std::size_t skipped = 0;
    std::map<std::string, std::size_t> skipped_by_kind;
    std::vector<Skipped> first_skipped;  // at most most_told, in the order of the file
    bool was_stopped = false;
};
constexpr std::size_t most_told = 100;

/// Where stories go.
struct ImportTarget {
    store::Store* store = nullptr;  // nullptr: as if into an empty one
    bool is_dry = false;            // nothing is written
};

/// Imports `text`, all bytes of a file. Stories are added in batches of 100, each in one
/// transaction. Errors: invalid_input where nothing of it can be read as told; those of the store,
/// the batches before stay.
Result<ImportReport> import_histories(std::string text, const ImportOptions& options,
                                      const ImportTarget& target);

}  // namespace fabula::exchange
