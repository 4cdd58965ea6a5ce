// SPDX-License-Identifier: 0BSD
// Passes over a whole row of floats, eight at a time: comparisons and moves. See over_weights.h.
#pragma once

#include "sample/row_kernels.h"
#include "sample/wide.h"

// One file includes this, and what it defines stays in it.
// NOLINTBEGIN(misc-definitions-in-headers,cppcoreguidelines-pro-type-member-init)
// NOLINTBEGIN(readability-function-size,readability-function-cognitive-complexity)
// NOLINTBEGIN(bugprone-integer-division,modernize-loop-convert)
namespace fabula::sample {
namespace {

using Eight = float __attribute__((vector_size(32)));
using EightInts = std::int32_t __attribute__((vector_size(32)));
constexpr std::size_t n_lanes = 8;
constexpr std::size_t n_running = 4;  // results at work at once, which do not wait for one another
constexpr std::size_t stride = n_lanes * n_running;
static_assert(stride == maximum_block && pack_room == n_lanes);

constexpr float most = 0x1.fffffep127F;  // the largest float that is finite

FABULA_INLINE Eight load_eight(const float* from) {
    Eight eight;
    std::memcpy(&eight, from, sizeof eight);
    return eight;
}

// Of x and y the larger, y where x is NaN.
FABULA_INLINE void raise(Eight& y, const Eight& x) {
    y = x > y ? x : y;
}

FABULA_INLINE float largest_lane(const Eight& x) {
    float top = x[0];
    for (std::size_t lane = 1; lane < n_lanes; ++lane)
        top = x[lane] > top ? x[lane] : top;
    return top;
}

// What is in `left_out` is neither top nor low.
Extremes extremes(const float* row, std::size_t n, const Band* left_out) {
    const Band out = left_out ? *left_out : Band{};
    const Eight nothing = Eight{} - infinite;
    Eight top[n_running];
    Eight depth[n_running];  // the largest -x
    EightInts is_fine[n_running];
    for (std::size_t r = 0; r < n_running; ++r) {
        top[r] = depth[r] = nothing;
        is_fine[r] = ~EightInts{};
    }
    std::size_t i = 0;
    for (; i + stride <= n; i += stride) {
        for (std::size_t r = 0; r < n_running; ++r) {
            Eight x = load_eight(row + i + r * n_lanes);
            is_fine[r] &= x <= most;  // a NaN is not
            if (left_out) x = (x >= out.low) & (x <= out.high) ? nothing : x;
            raise(top[r], x);
            const Eight negative = -x;
            raise(depth[r], negative <= most ? negative : nothing);
        }
    }
    for (std::size_t r = 1; r < n_running; ++r) {
        raise(top[0], top[r]);
        raise(depth[0], depth[r]);
        is_fine[0] &= is_fine[r];
    }
    Extremes found{largest_lane(top[0]), -largest_lane(depth[0]), false};
    for (std::size_t lane = 0; lane < n_lanes; ++lane)
        found.is_broken |= is_fine[0][lane] == 0;
    for (; i < n; ++i) {
        const float x = row[i];
        found.is_broken |= !(x <= most);
        if (x >= out.low && x <= out.high) continue;
        if (x > found.top) found.top = x;
        if (x < found.low && x >= -most) found.low = x;
    }
    return found;
}

template <Compare compare>
FABULA_INLINE std::size_t count_all(const float* row, std::size_t n, float with) {
    EightInts counts[n_running]{};
    std::size_t i = 0;
    for (; i + stride <= n; i += stride) {
        for (std::size_t r = 0; r < n_running; ++r) {
            const Eight x = load_eight(row + i + r * n_lanes);
            counts[r] -= compare == Compare::above ? x > with : x == with;
        }
    }
    const EightInts sums = (counts[0] + counts[1]) + (counts[2] + counts[3]);
    std::size_t n_found = 0;
    for (std::size_t lane = 0; lane < n_lanes; ++lane)
        n_found += static_cast<std::size_t>(sums[lane]);
    for (; i < n; ++i)
        n_found += (compare == Compare::above ? row[i] > with : row[i] == with) ? 1 : 0;
    return n_found;
}

std::size_t count(const float* row, std::size_t n, Compare compare, float with) {
    return compare == Compare::above ? count_all<Compare::above>(row, n, with)
                                     : count_all<Compare::equal>(row, n, with);
}

void replace(float* row, std::size_t n, float from, float to) {
    std::size_t i = 0;
    for (; i + n_lanes <= n; i += n_lanes) {
        Eight x = load_eight(row + i);
        x = x == from ? Eight{} + to : x;
        std::memcpy(row + i, &x, sizeof x);
    }
    for (; i < n; ++i)
        row[i] = row[i] == from ? to : row[i];
}

void maxima(const float* row, std::size_t n_maxima, float* found) {
    for (std::size_t b = 0; b < n_maxima; ++b) {
        Eight top = Eight{} - infinite;
        for (std::size_t r = 0; r < n_running; ++r)
            raise(top, load_eight(row + b * stride + r * n_lanes));
        found[b] = largest_lane(top);
    }
}

#if defined(__AVX2__)

// For each set of lanes those in the set, ascending, at the front.
struct Fronts {
    std::uint8_t lanes[256][n_lanes] = {};

    constexpr Fronts() {
        for (std::size_t set = 0; set < 256; ++set) {
            std::size_t n = 0;
            for (std::size_t lane = 0; lane < n_lanes; ++lane) {
                if (((set >> lane) & 1) != 0) lanes[set][n++] = static_cast<std::uint8_t>(lane);
            }
        }
    }
};
constexpr Fronts fronts;

FABULA_INLINE __m256i front_of(unsigned set) {
    return _mm256_cvtepu8_epi32(
        _mm_loadl_epi64(reinterpret_cast<const __m128i*>(fronts.lanes[set])));
}

// The lanes below or above: a NaN is neither.
FABULA_INLINE __m256 outside(__m256 x, Band band) {
    return _mm256_or_ps(_mm256_cmp_ps(x, _mm256_set1_ps(band.low), _CMP_LT_OQ),
                        _mm256_cmp_ps(x, _mm256_set1_ps(band.high), _CMP_GT_OQ));
}

FABULA_INLINE unsigned set_of(__m256 lanes) {
    return static_cast<unsigned>(_mm256_movemask_ps(lanes));
}

#endif

std::size_t pack(const float* row, std::size_t n, const TokenId* ids, Band band, float* to,
                 TokenId* to_ids) {
    std::size_t n_kept = 0;
    std::size_t i = 0;
#if defined(__AVX2__)
    const __m256i first = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (; i + n_lanes <= n; i += n_lanes) {
        const __m256 x = _mm256_loadu_ps(row + i);
        const unsigned kept = ~set_of(outside(x, band)) & 0xFFU;
        if (kept == 0) continue;
        const __m256i front = front_of(kept);
        const __m256i id = ids ? _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ids + i))
                               : _mm256_add_epi32(first, _mm256_set1_epi32(static_cast<int>(i)));
        // n_kept <= i: what is written over has been read, here or before.
        _mm256_storeu_ps(to + n_kept, _mm256_permutevar8x32_ps(x, front));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to_ids + n_kept),
                            _mm256_permutevar8x32_epi32(id, front));
        n_kept += static_cast<std::size_t>(__builtin_popcount(kept));
    }
#endif
    // Without a branch: what is kept is hard to guess.
    for (; i < n; ++i) {
        const float x = row[i];
        const TokenId id = ids ? ids[i] : static_cast<TokenId>(i);
        to[n_kept] = x;
        to_ids[n_kept] = id;
        n_kept += x < band.low || x > band.high ? 0 : 1;
    }
    return n_kept;
}

enum class Wanted { outside_band, nan };

// Meant for few: thirty-two entries without a wanted one cost one branch.
template <Wanted wanted>
FABULA_INLINE std::size_t find(const float* row, std::size_t n, Band band, std::uint32_t* to) {
    std::size_t n_found = 0;
    std::size_t i = 0;
#if defined(__AVX2__)
    for (; i + stride <= n; i += stride) {
        std::uint32_t set = 0;
        for (std::size_t r = 0; r < n_running; ++r) {
            const __m256 x = _mm256_loadu_ps(row + i + r * n_lanes);
            const __m256 is_in_play = _mm256_cmp_ps(x, _mm256_set1_ps(-infinite), _CMP_GT_OQ);
            const __m256 found = wanted == Wanted::nan
                                     ? _mm256_cmp_ps(x, x, _CMP_UNORD_Q)
                                     : _mm256_and_ps(outside(x, band), is_in_play);
            set |= set_of(found) << (r * n_lanes);
        }
        for (; set != 0; set &= set - 1)
            to[n_found++] =
                static_cast<std::uint32_t>(i) + static_cast<std::uint32_t>(__builtin_ctz(set));
    }
#endif
    for (; i < n; ++i) {
        const float x = row[i];
        const bool is_outside = x > -infinite && (x < band.low || x > band.high);
        if (wanted == Wanted::nan ? x != x : is_outside)
            to[n_found++] = static_cast<std::uint32_t>(i);
    }
    return n_found;
}

std::size_t find_outside(const float* row, std::size_t n, Band band, std::uint32_t* to) {
    return find<Wanted::outside_band>(row, n, band, to);
}

std::size_t find_nan(const float* row, std::size_t n, std::uint32_t* to) {
    return find<Wanted::nan>(row, n, Band{}, to);
}

}  // namespace
}  // namespace fabula::sample
// NOLINTEND(bugprone-integer-division,modernize-loop-convert)
// NOLINTEND(readability-function-size,readability-function-cognitive-complexity)
// NOLINTEND(misc-definitions-in-headers,cppcoreguidelines-pro-type-member-init)
