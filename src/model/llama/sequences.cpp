// SPDX-License-Identifier: 0BSD
#include "model/llama/sequences.h"

#include <algorithm>

namespace fabula::model {
namespace {

std::size_t common_prefix(std::span<const TokenId> a, std::span<const TokenId> b) {
    return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

void Sequences::begin_step() {
    ++step_;
    for (Sequence& sequence : sequences_)
        sequence.claimed = false;
}

void Sequences::claim(std::size_t sequence) {
    sequences_[sequence].claimed = true;
    sequences_[sequence].last_step = step_;
}

std::optional<std::size_t> Sequences::extended_by(std::span<const TokenId> branch,
                                                  std::size_t likely) const {
    const std::span<const TokenId> known = branch.first(branch.size() - 1);
    const auto fits = [&](const Sequence& sequence) {
        return !sequence.claimed && !known.empty() && std::ranges::equal(sequence.tokens, known);
    };
    if (likely < sequences_.size() && fits(sequences_[likely])) return likely;
    const auto found = std::ranges::find_if(sequences_, fits);
    if (found == sequences_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - sequences_.begin());
}

Match Sequences::best_match(std::span<const TokenId> branch) const {
    const std::span<const TokenId> known = branch.first(branch.size() - 1);
    Match best;
    for (std::size_t i = 0; i < sequences_.size(); ++i) {
        const Match match{i, common_prefix(known, sequences_[i].tokens)};
        const bool same = match.n_common == best.n_common;
        if (match.n_common > best.n_common ||
            (same && can_take_over(match, branch) && !can_take_over(best, branch))) {
            best = match;
        }
    }
    return best;
}

bool Sequences::can_take_over(const Match& match, std::span<const TokenId> branch) const {
    const Sequence& sequence = sequences_[match.sequence];
    return !sequence.claimed && (sequence.tokens.size() == match.n_common ||
                                 std::ranges::equal(sequence.tokens, branch));
}

std::optional<std::size_t> Sequences::least_missed(std::size_t except) const {
    std::optional<std::size_t> least;
    for (std::size_t i = 0; i < sequences_.size(); ++i) {
        const Sequence& sequence = sequences_[i];
        if (sequence.claimed || i == except) continue;
        if (sequence.tokens.empty()) return i;
        if (!least || sequence.last_step < sequences_[*least].last_step) least = i;
    }
    return least;
}

std::optional<std::size_t> Sequences::least_missed_of_filled() const {
    std::optional<std::size_t> least;
    for (std::size_t i = 0; i < sequences_.size(); ++i) {
        const Sequence& sequence = sequences_[i];
        if (sequence.claimed || sequence.tokens.empty()) continue;
        if (!least || sequence.last_step < sequences_[*least].last_step) least = i;
    }
    return least;
}

}  // namespace fabula::model
