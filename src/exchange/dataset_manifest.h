// SPDX-License-Identifier: 0BSD
// What a published data set says of itself to programs: the file dataset.json.
#pragma once

#include "exchange/dataset_line.h"
#include "exchange/dataset_split.h"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace fabula::exchange {

struct SplitCounts {
    std::size_t stories = 0;
    std::size_t offers = 0;
    std::size_t pairs = 0;

    bool operator==(const SplitCounts&) const = default;
};

struct Manifest {
    std::string title;
    std::string license;
    std::vector<std::string> languages;
    std::string only;  // Filter::described()
    Chooser chooser = Chooser::person;
    bool has_prompts = true;
    std::size_t n_redacted_names = 0;
    SplitRule split;
    std::array<SplitCounts, n_splits> splits;
    std::size_t n_choices = 0;  // offers that were decided by somebody who counts
    std::size_t n_candidates = 0;
    std::size_t n_tokens = 0;
    std::size_t n_users = 0;

    SplitCounts total() const {
        SplitCounts sum;
        for (const auto& each : splits) {
            sum.stories += each.stories;
            sum.offers += each.offers;
            sum.pairs += each.pairs;
        }
        return sum;
    }

    bool operator==(const Manifest&) const = default;
};

}  // namespace fabula::exchange
