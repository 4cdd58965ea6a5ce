// SPDX-License-Identifier: 0BSD
#include "sample/passes.h"

#include "sample/vectors.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fabula::sample {
namespace {

#define FABULA_INLINE [[gnu::always_inline]] inline

using Eight = float __attribute__((vector_size(32)));
using EightInts = std::int32_t __attribute__((vector_size(32)));
constexpr std::size_t lanes = 8;
constexpr std::size_t n_running = 4;  // results at work at once, which do not wait for one another
constexpr std::size_t stride = lanes * n_running;
static_assert(stride == maximum_block);

FABULA_INLINE void load(Eight& to, const float* from) {
    std::memcpy(&to, from, sizeof to);
}

// Of x and y the larger, y where x is NaN.
FABULA_INLINE void raise(Eight& y, const Eight& x) {
    y = x > y ? x : y;
}

FABULA_INLINE float largest_lane(const Eight& x) {
    float top = x[0];
    for (std::size_t lane = 1; lane < lanes; ++lane)
        top = std::max(top, x[lane]);
    return top;
}

// Of what is outside `band`, or of all where that is null.
FABULA_INLINE void extremes(const float* row, std::size_t n, const Band* band, Extremes& found) {
    constexpr float most = std::numeric_limits<float>::max();
    Eight top[n_running];
    Eight depth[n_running];  // the largest -x
    EightInts is_fine[n_running];
    for (std::size_t r = 0; r < n_running; ++r) {
        top[r] = depth[r] = Eight{} - infinite;
        is_fine[r] = ~EightInts{};
    }
    std::size_t i = 0;
    for (; i + stride <= n; i += stride) {
        for (std::size_t r = 0; r < n_running; ++r) {
            Eight x;
            load(x, row + i + r * lanes);
            is_fine[r] &= x <= most;  // a NaN is not
            if (band) x = (x >= band->low) & (x <= band->high) ? Eight{} - infinite : x;
            raise(top[r], x);
            Eight negative = -x;
            negative = negative <= most ? negative : Eight{} - infinite;
            raise(depth[r], negative);
        }
    }
    for (std::size_t r = 1; r < n_running; ++r) {
        raise(top[0], top[r]);
        raise(depth[0], depth[r]);
        is_fine[0] &= is_fine[r];
    }
    found.top = largest_lane(top[0]);
    found.low = -largest_lane(depth[0]);
    for (std::size_t lane = 0; lane < lanes; ++lane)
        found.is_broken |= is_fine[0][lane] == 0;
    for (; i < n; ++i) {
        found.is_broken |= !(row[i] <= most);
        if (band && row[i] >= band->low && row[i] <= band->high) continue;
        if (row[i] > found.top) found.top = row[i];
        if (row[i] < found.low && row[i] >= -most) found.low = row[i];
    }
}

enum class Compare { above, equal };

FABULA_INLINE void count(const float* row, std::size_t n, Compare compare, float with,
                         std::size_t& n_found) {
    EightInts counts[n_running]{};
    std::size_t i = 0;
    for (; i + stride <= n; i += stride) {
        for (std::size_t r = 0; r < n_running; ++r) {
            Eight x;
            load(x, row + i + r * lanes);
            counts[r] -= compare == Compare::above ? x > with : x == with;
        }
    }
    const EightInts sums = (counts[0] + counts[1]) + (counts[2] + counts[3]);
    for (std::size_t lane = 0; lane < lanes; ++lane)
        n_found += static_cast<std::size_t>(sums[lane]);
    for (; i < n; ++i)
        n_found += (compare == Compare::above ? row[i] > with : row[i] == with) ? 1 : 0;
}

FABULA_INLINE void replace(float* row, std::size_t n, float from, float to) {
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        Eight x;
        load(x, row + i);
        x = x == from ? Eight{} + to : x;
        std::memcpy(row + i, &x, sizeof x);
    }
    for (; i < n; ++i)
        row[i] = row[i] == from ? to : row[i];
}

FABULA_INLINE void block_maxima(const float* row, std::size_t n_maxima, float* maxima) {
    for (std::size_t b = 0; b < n_maxima; ++b) {
        Eight top = Eight{} - infinite;
        for (std::size_t r = 0; r < n_running; ++r) {
            Eight x;
            load(x, row + b * stride + r * lanes);
            raise(top, x);
        }
        maxima[b] = largest_lane(top);
    }
}

bool is_packed(float x, Band band) {
    return (x >= band.low && x <= band.high) || x != x;
}

bool is_outside(float x, Band band) {
    return x > -infinite && (x < band.low || x > band.high);
}

// The same from entry `i` on, where `n_kept` are there already. Without a branch: what is kept is
// hard to guess.
std::size_t pack_from(std::size_t i, std::size_t n_kept, std::span<const float> row,
                      const TokenId* ids, Band band, float* to, TokenId* to_ids) {
    for (; i < row.size(); ++i) {
        const float x = row[i];
        const TokenId id = ids ? ids[i] : static_cast<TokenId>(i);
        to[n_kept] = x;
        to_ids[n_kept] = id;
        n_kept += is_packed(x, band) ? 1 : 0;
    }
    return n_kept;
}

template <typename IsWanted>
std::size_t find_from(std::size_t i, std::size_t n_found, std::span<const float> row,
                      std::uint32_t* to, IsWanted&& is_wanted) {
    for (; i < row.size(); ++i) {
        to[n_found] = static_cast<std::uint32_t>(i);
        n_found += is_wanted(row[i]) ? 1 : 0;
    }
    return n_found;
}

#if defined(__x86_64__)

// For each set of lanes those in the set, ascending, at the front.
constexpr auto fronts = [] {
    std::array<std::array<std::uint8_t, lanes>, 256> table{};
    for (std::size_t set = 0; set < table.size(); ++set) {
        std::size_t n = 0;
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            if ((set >> lane) & 1) table[set][n++] = static_cast<std::uint8_t>(lane);
        }
    }
    return table;
}();

[[gnu::target("avx2")]] FABULA_INLINE __m256i front_of(unsigned set) {
    __m128i bytes = _mm_setzero_si128();
    std::memcpy(&bytes, fronts[set].data(), lanes);
    return _mm256_cvtepu8_epi32(bytes);
}

[[gnu::target("avx2")]] std::size_t pack_avx2(std::span<const float> row, const TokenId* ids,
                                              Band band, float* to, TokenId* to_ids) {
    const __m256 low = _mm256_set1_ps(band.low);
    const __m256 high = _mm256_set1_ps(band.high);
    const __m256i iota = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    std::size_t n_kept = 0;
    std::size_t i = 0;
    for (; i + lanes <= row.size(); i += lanes) {
        const __m256 x = _mm256_loadu_ps(row.data() + i);
        // Neither below nor above: a NaN is neither.
        const __m256 is_out =
            _mm256_or_ps(_mm256_cmp_ps(x, low, _CMP_LT_OQ), _mm256_cmp_ps(x, high, _CMP_GT_OQ));
        const unsigned kept = ~static_cast<unsigned>(_mm256_movemask_ps(is_out)) & 0xFFU;
        if (kept == 0) continue;
        const __m256i front = front_of(kept);
        // n_kept <= i: what is written over was read, here or before.
        const __m256i id = ids ? _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ids + i))
                               : _mm256_add_epi32(iota, _mm256_set1_epi32(static_cast<int>(i)));
        _mm256_storeu_ps(to + n_kept, _mm256_permutevar8x32_ps(x, front));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to_ids + n_kept),
                            _mm256_permutevar8x32_epi32(id, front));
        n_kept += static_cast<std::size_t>(__builtin_popcount(kept));
    }
    return pack_from(i, n_kept, row, ids, band, to, to_ids);
}

// Meant for few: thirty-two entries without a wanted one cost one branch.
template <typename Wanted, typename IsWanted>
[[gnu::target("avx2")]] FABULA_INLINE std::size_t find_avx2(std::span<const float> row,
                                                            std::uint32_t* to, Wanted&& wanted,
                                                            IsWanted&& is_wanted) {
    std::size_t n_found = 0;
    std::size_t i = 0;
    for (; i + stride <= row.size(); i += stride) {
        std::uint32_t set = 0;
        for (std::size_t r = 0; r < n_running; ++r)
            set |= wanted(row.data() + i + r * lanes) << (r * lanes);
        for (; set != 0; set &= set - 1)
            to[n_found++] =
                static_cast<std::uint32_t>(i) + static_cast<std::uint32_t>(__builtin_ctz(set));
    }
    return find_from(i, n_found, row, to, is_wanted);
}

[[gnu::target("avx2")]] std::size_t find_outside_avx2(std::span<const float> row, Band band,
                                                      std::uint32_t* to) {
    const auto wanted = [band](const float* at) __attribute__((target("avx2"), always_inline)) {
        const __m256 x = _mm256_loadu_ps(at);
        const __m256 is_out = _mm256_or_ps(_mm256_cmp_ps(x, _mm256_set1_ps(band.low), _CMP_LT_OQ),
                                           _mm256_cmp_ps(x, _mm256_set1_ps(band.high), _CMP_GT_OQ));
        const __m256 is_in_play = _mm256_cmp_ps(x, _mm256_set1_ps(-infinite), _CMP_GT_OQ);
        return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_and_ps(is_out, is_in_play)));
    };
    return find_avx2(row, to, wanted, [band](float x) { return is_outside(x, band); });
}

[[gnu::target("avx2")]] std::size_t find_nan_avx2(std::span<const float> row, std::uint32_t* to) {
    const auto wanted = [](const float* at) __attribute__((target("avx2"), always_inline)) {
        const __m256 x = _mm256_loadu_ps(at);
        return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(x, x, _CMP_UNORD_Q)));
    };
    return find_avx2(row, to, wanted, [](float x) { return x != x; });
}

[[gnu::target("avx2")]] void extremes_avx2(const float* row, std::size_t n, const Band* band,
                                           Extremes& found) {
    band ? extremes(row, n, band, found) : extremes(row, n, nullptr, found);
}

[[gnu::target("avx2")]] void count_avx2(const float* row, std::size_t n, Compare compare,
                                        float with, std::size_t& n_found) {
    compare == Compare::above ? count(row, n, Compare::above, with, n_found)
                              : count(row, n, Compare::equal, with, n_found);
}

[[gnu::target("avx2")]] void replace_avx2(float* row, std::size_t n, float from, float to) {
    replace(row, n, from, to);
}

[[gnu::target("avx2")]] void block_maxima_avx2(const float* row, std::size_t n_maxima,
                                               float* maxima) {
    block_maxima(row, n_maxima, maxima);
}

bool has_avx2() {
    return vectors() != Vectors::portable;
}

#endif

Extremes extremes_dispatched(std::span<const float> row, const Band* band) {
    Extremes found;
#if defined(__x86_64__)
    if (has_avx2()) {
        extremes_avx2(row.data(), row.size(), band, found);
        return found;
    }
#endif
    extremes(row.data(), row.size(), band, found);
    return found;
}

std::size_t count_dispatched(std::span<const float> row, Compare compare, float with) {
    std::size_t n_found = 0;
#if defined(__x86_64__)
    if (has_avx2()) {
        count_avx2(row.data(), row.size(), compare, with, n_found);
        return n_found;
    }
#endif
    count(row.data(), row.size(), compare, with, n_found);
    return n_found;
}

}  // namespace

Extremes extremes_of(std::span<const float> row) {
    return extremes_dispatched(row, nullptr);
}

Extremes extremes_outside(std::span<const float> row, Band band) {
    return extremes_dispatched(row, &band);
}

std::size_t count_above(std::span<const float> row, float bound) {
    return count_dispatched(row, Compare::above, bound);
}

std::size_t count_equal(std::span<const float> row, float x) {
    return count_dispatched(row, Compare::equal, x);
}

void drop_equal(std::span<float> row, float x, std::size_t n_kept) {
    constexpr std::size_t block = 4096;
    std::size_t begin = 0;
    for (; begin < row.size(); begin += block) {
        const auto part = row.subspan(begin, std::min(block, row.size() - begin));
        const std::size_t n = count_equal(part, x);
        if (n > n_kept) break;
        n_kept -= n;
    }
    for (; begin < row.size() && n_kept > 0; ++begin)
        n_kept -= row[begin] == x ? 1 : 0;
    if (begin >= row.size()) return;
#if defined(__x86_64__)
    if (has_avx2()) return replace_avx2(row.data() + begin, row.size() - begin, x, -infinite);
#endif
    replace(row.data() + begin, row.size() - begin, x, -infinite);
}

void maxima_of(std::span<const float> row, std::span<float> maxima) {
    assert(maxima.size() == row.size() / maximum_block);
#if defined(__x86_64__)
    if (has_avx2()) return block_maxima_avx2(row.data(), maxima.size(), maxima.data());
#endif
    block_maxima(row.data(), maxima.size(), maxima.data());
}

std::size_t pack(std::span<const float> row, const TokenId* ids, Band band, float* to,
                 TokenId* to_ids) {
#if defined(__x86_64__)
    if (has_avx2()) return pack_avx2(row, ids, band, to, to_ids);
#endif
    return pack_from(0, 0, row, ids, band, to, to_ids);
}

std::size_t find_outside(std::span<const float> row, Band band, std::uint32_t* to) {
#if defined(__x86_64__)
    if (has_avx2()) return find_outside_avx2(row, band, to);
#endif
    return find_from(0, 0, row, to, [band](float x) { return is_outside(x, band); });
}

std::size_t find_nan(std::span<const float> row, std::uint32_t* to) {
#if defined(__x86_64__)
    if (has_avx2()) return find_nan_avx2(row, to);
#endif
    return find_from(0, 0, row, to, [](float x) { return x != x; });
}

}  // namespace fabula::sample
