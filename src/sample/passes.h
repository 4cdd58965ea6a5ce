// SPDX-License-Identifier: 0BSD
// Passes over a whole row of floats, as fast as the processor compares them (AVX2 where it is
// there): 250,880 in some hundredths of a millisecond. Comparisons and moves only, so that every
// path gives the same. In a row -inf is a token out of play, and NaN one whose logit stands
// elsewhere (row.h).
#pragma once

#include "base/token.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace fabula::sample {

constexpr float infinite = std::numeric_limits<float>::infinity();

/// low <= x <= high; the default holds nothing.
struct Band {
    float low = infinite;
    float high = -infinite;
};

struct Extremes {
    float top = -infinite;   // the largest, NaN left out
    float low = infinite;    // the smallest, NaN and -inf left out
    bool is_broken = false;  // whether there is a NaN or +inf
};

Extremes extremes_of(std::span<const float> row);

/// The same of those outside `band`: of what is in it only brokenness counts.
Extremes extremes_outside(std::span<const float> row, Band band);

/// How many are larger than `bound`.
std::size_t count_above(std::span<const float> row, float bound);

/// How many equal `x`.
std::size_t count_equal(std::span<const float> row, float x);
/// Makes -inf of all that equal `x` but the first `n_kept`.
void drop_equal(std::span<float> row, float x, std::size_t n_kept);

/// How many entries have one maximum in maxima_of().
constexpr std::size_t maximum_block = 32;
/// The largest of every `maximum_block` entries, NaN left out, in `maxima`
/// [row.size() / maximum_block]; what is left at the end of the row has none.
void maxima_of(std::span<const float> row, std::span<float> maxima);

/// Entries beyond the end that pack() may write over.
constexpr std::size_t pack_room = 8;

/// Moves the entries of `row` in `band`, and the NaN, to the front of `to` [row.size() +
/// pack_room], their ids to `to_ids` of the same size, and gives their number. `ids` null: the
/// index is the id. `to` may be the row itself, `to_ids` the ids.
std::size_t pack(std::span<const float> row, const TokenId* ids, Band band, float* to,
                 TokenId* to_ids);

/// The indices, ascending, of the entries in play outside `band`, no NaN, in `to` [row.size()];
/// their number.
std::size_t find_outside(std::span<const float> row, Band band, std::uint32_t* to);

/// The indices, ascending, of the NaN.
std::size_t find_nan(std::span<const float> row, std::uint32_t* to);

}  // namespace fabula::sample
