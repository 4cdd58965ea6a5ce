// SPDX-License-Identifier: 0BSD
// Which files a published data set has, and their checksums.
#pragma once

#include "base/result.h"
#include "exchange/dataset_split.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::exchange {

constexpr const char* checksums_name = "SHA256SUMS";
constexpr const char* manifest_name = "dataset.json";

/// Every file but the checksums, relative, sorted: "README.md", "data/test.jsonl", ...
const std::vector<std::string>& dataset_files();
/// "data/train.jsonl", "pairs/train.jsonl".
std::string offers_file(std::size_t split);
std::string pairs_file(std::size_t split);

/// The lines of SHA256SUMS for the files in `folder`, as `sha256sum -c` reads them.
Result<std::string> checksums_of(const std::string& folder);

/// File and hash of each line. Errors: invalid_input with the line's number.
Result<std::map<std::string, std::string>> read_checksums(std::string_view text);

/// A path in `folder` that a published data set has not; "dataset.json" where the folder holds none
/// that is one; "" where all is as it must be. Errors: unavailable.
Result<std::string> first_stranger(const std::string& folder);

/// The bytes of a file of at most `most_bytes`. Errors: not_found, unavailable, invalid_input.
Result<std::string> bytes_of_file(const std::string& path, std::size_t most_bytes);

}  // namespace fabula::exchange
