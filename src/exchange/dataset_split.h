// SPDX-License-Identifier: 0BSD
// Which part of a data set a story belongs to, and what it is called there. Pure functions of what
// never changes of a story, so that a later publication puts it where it was.
#pragma once

#include "base/result.h"
#include "store/store.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace fabula::exchange {

constexpr std::size_t n_splits = 3;
constexpr std::array<const char*, n_splits> split_names{"train", "validation", "test"};

/// Shares of the stories, in the order of `split_names`, that add up to 1.
struct SplitRule {
    std::array<double, n_splits> shares{0.9, 0.05, 0.05};
    std::uint64_t seed = 0;

    bool operator==(const SplitRule&) const = default;
};

/// "0.9,0.05,0.05". Errors: invalid_input for another number of shares, one outside [0, 1], or a
/// sum that is not 1.
Result<std::array<double, n_splits>> shares_named(const std::string& text);

/// 16 hexadecimal digits from the story's seed, the time it was begun and where it was imported
/// from; its number in the database has no part in them, nor have its words. Copies of one story
/// have the same.
std::string identity_of(const store::StoryRecord& record);

/// The split of a story, a place in `split_names`: the SHA-256 of the rule's seed and the identity,
/// as a number in [0, 1), held against the shares.
std::size_t split_of(const std::string& identity, const SplitRule& rule);

}  // namespace fabula::exchange
