// SPDX-License-Identifier: 0BSD
// Holds a published data set to what docs/formats/dataset.md says: files and checksums, every line,
// stories in one split only, pairs that follow from the offers, counts. One line of each file is in
// memory at a time. The folder is untrusted.
#pragma once

#include "exchange/dataset_manifest.h"

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace fabula::exchange {

struct Fault {
    std::string place;  // "data/train.jsonl:12"; "SHA256SUMS"
    std::string what;
};

struct CheckReport {
    Manifest manifest;          // as found; counts are compared with the lines
    std::vector<Fault> faults;  // the first hundred
    std::size_t n_faults = 0;
    std::size_t n_offers = 0;
    std::size_t n_pairs = 0;
};

struct CheckOptions {
    std::function<void(double done_bytes, double all_bytes)> on_progress = {};
};

/// Errors: not_found and unavailable for the folder, unavailable ("stopped"). A fault of the data
/// set is no error.
Result<CheckReport> check_dataset(const std::string& folder, const CheckOptions& options,
                                  const std::stop_token& stop);

/// For programs, one line with its break: ok, stories, offers, pairs, n_faults, faults.
std::string check_as_json(const CheckReport& report, const std::string& folder);

}  // namespace fabula::exchange
