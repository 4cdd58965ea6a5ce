// SPDX-License-Identifier: 0BSD
// Passes over a whole row of floats: 250,880 in some hundredths of a millisecond. Comparisons and
// moves only. In a row -inf is a token out of play, and NaN one whose logit stands elsewhere
// (row.h).
#pragma once

#include "sample/row_kernels.h"

#include <span>

namespace fabula::sample {

inline Extremes extremes_of(std::span<const float> row) {
    return row_kernels().extremes(row.data(), row.size(), nullptr);
}

/// The same of those outside `band`: of what is in it only brokenness counts.
inline Extremes extremes_outside(std::span<const float> row, Band band) {
    return row_kernels().extremes(row.data(), row.size(), &band);
}

/// What `row` (finite or -inf) weighs about `top`, its largest: in single precision, to some 1e-7.
inline Mass model_mass(std::span<const float> row, float top) {
    return row_kernels().model_mass(row.data(), row.size(), top);
}

/// The sum of e^((x - top) * scale) over the x below `bound`, none of them above `top`: to
/// 2^-15 of itself, where less than e^-50 counts as that.
inline double rough_mass_below(std::span<const float> row, float scale, float top, float bound) {
    return row_kernels().rough_mass_below(row.data(), row.size(), scale, top, bound);
}

/// The moments of those in play, no NaN.
inline Moments moments_of(std::span<const float> row, Frame frame) {
    return row_kernels().moments(row.data(), row.size(), frame);
}

/// How many are larger than `bound`.
inline std::size_t count_above(std::span<const float> row, float bound) {
    return row_kernels().count(row.data(), row.size(), Compare::above, bound);
}

/// How many equal `x`.
inline std::size_t count_equal(std::span<const float> row, float x) {
    return row_kernels().count(row.data(), row.size(), Compare::equal, x);
}

/// Makes -inf of all that equal `x` but the first `n_kept`.
void drop_equal(std::span<float> row, float x, std::size_t n_kept);

/// The largest of every `maximum_block` entries, NaN left out, in `maxima`
/// [row.size() / maximum_block]; what is left at the end of the row has none.
void maxima_of(std::span<const float> row, std::span<float> maxima);

/// Moves the entries of `row` in `band`, and the NaN, to the front of `to` [row.size() +
/// pack_room], their ids to `to_ids` of the same size, and gives their number. `ids` null: the
/// index is the id. `to` may be the row itself, `to_ids` the ids.
inline std::size_t pack(std::span<const float> row, const TokenId* ids, Band band, float* to,
                        TokenId* to_ids) {
    return row_kernels().pack(row.data(), row.size(), ids, band, to, to_ids);
}

/// The indices, ascending, of the entries in play outside `band`, no NaN, in `to` [as many]; their
/// number.
inline std::size_t find_outside(std::span<const float> row, Band band, std::uint32_t* to) {
    return row_kernels().find_outside(row.data(), row.size(), band, to);
}

/// The indices, ascending, of the NaN.
inline std::size_t find_nan(std::span<const float> row, std::uint32_t* to) {
    return row_kernels().find_nan(row.data(), row.size(), to);
}

}  // namespace fabula::sample
