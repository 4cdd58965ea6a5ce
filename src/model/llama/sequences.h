// SPDX-License-Identifier: 0BSD
// Which tokens each sequence of a key-value cache holds, and which sequence serves a branch best.
// Books only: it knows no llama.cpp, and whoever keeps the real cache does to it what is written
// here.
#pragma once

#include "base/token.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace fabula::model {

/// What one sequence of the cache holds.
struct Sequence {
    std::vector<TokenId> tokens;  // some may still wait to be computed
    std::size_t n_computed = 0;   // of them, from the front
    std::uint64_t last_step = 0;  // the step that claimed it last; 0 for never
    bool claimed = false;         // by a branch of this step
};

/// The best that the cache has for a branch.
struct Match {
    std::size_t sequence = 0;
    std::size_t n_common = 0;  // tokens from the front
};

class Sequences {
public:
    explicit Sequences(std::size_t n_sequences) : sequences_(n_sequences) {}

    std::size_t size() const { return sequences_.size(); }
    Sequence& operator[](std::size_t index) { return sequences_[index]; }

    /// Starts a step: nothing is claimed.
    void begin_step();

    /// Gives the sequence to a branch of this step.
    void claim(std::size_t sequence);

    /// The unclaimed sequence that holds all of `branch` but its last token and nothing else;
    /// `likely` is looked at first, so that a branch that grows costs one comparison.
    std::optional<std::size_t> extended_by(std::span<const TokenId> branch,
                                           std::size_t likely) const;

    /// The sequence with the longest prefix in common with `branch` less its last token, whose
    /// logits must be computed anyhow. Among equals, one that may be taken over: unclaimed, and
    /// nothing behind.
    Match best_match(std::span<const TokenId> branch) const;

    /// Whether the match's sequence may be continued as it is, because nothing is lost by it.
    bool can_take_over(const Match& match, std::span<const TokenId> branch) const;

    /// The unclaimed sequence that is missed least: an empty one, else the one claimed longest ago.
    /// Never `except`. Nothing when there is none.
    std::optional<std::size_t> least_missed(std::size_t except) const;

    /// The same among sequences that hold something.
    std::optional<std::size_t> least_missed_of_filled() const;

private:
    std::vector<Sequence> sequences_;
    std::uint64_t step_ = 0;
};

}  // namespace fabula::model
