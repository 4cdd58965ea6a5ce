// SPDX-License-Identifier: 0BSD
// Sixteen doubles that go through the same operations: as two registers of eight (AVX-512), four of
// four (AVX2) or eight of two (any processor). The operations and their order are the same, hence
// the bits. Several registers at work at once, so that none waits for another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#define FABULA_INLINE [[gnu::always_inline]] inline
#define FABULA_EACH _Pragma("GCC unroll 8") for (std::size_t part = 0; part < n_parts; ++part)

// Parts are written one by one, right after they are declared; what one file includes stays in it.
// NOLINTBEGIN(cppcoreguidelines-pro-type-member-init,misc-definitions-in-headers)
// NOLINTBEGIN(readability-function-size,readability-function-cognitive-complexity)
// NOLINTBEGIN(bugprone-integer-division,modernize-loop-convert)
namespace fabula::sample {
namespace {

#if defined(__AVX512F__)
constexpr std::size_t part_size = 8;
#else
constexpr std::size_t part_size = 4;
#endif
constexpr std::size_t wide_size = 16;
constexpr std::size_t n_parts = wide_size / part_size;

// g++ and clang know these types.
using Numbers = double __attribute__((vector_size(part_size * sizeof(double))));
using Bits = std::int64_t __attribute__((vector_size(part_size * sizeof(double))));
using Floats = float __attribute__((vector_size(part_size * sizeof(float))));
using Ints = std::int32_t __attribute__((vector_size(part_size * sizeof(std::int32_t))));

struct Wide {
    Numbers parts[n_parts];
};

FABULA_INLINE Wide all(double x) {
    Wide wide;
    FABULA_EACH wide.parts[part] = Numbers{} + x;
    return wide;
}

FABULA_INLINE Wide load(const double* from) {
    Wide wide;
    std::memcpy(wide.parts, from, sizeof wide.parts);
    return wide;
}

FABULA_INLINE Wide load(const float* from) {
    Wide wide;
    FABULA_EACH {
        const float* const at = from + part * part_size;
#if defined(__AVX512F__)
        wide.parts[part] = reinterpret_cast<Numbers>(_mm512_cvtps_pd(_mm256_loadu_ps(at)));
#elif defined(__AVX2__)
        wide.parts[part] = reinterpret_cast<Numbers>(_mm256_cvtps_pd(_mm_loadu_ps(at)));
#else
        Floats floats;
        std::memcpy(&floats, at, sizeof floats);
        wide.parts[part] = __builtin_convertvector(floats, Numbers);
#endif
    }
    return wide;
}

FABULA_INLINE void store(const Wide& wide, double* to) {
    std::memcpy(to, wide.parts, sizeof wide.parts);
}

// Rounded towards 0, times `factor`.
FABULA_INLINE void store_whole(const Wide& wide, std::int32_t factor, std::int32_t* to) {
    FABULA_EACH {
        const Ints whole = __builtin_convertvector(wide.parts[part], Ints) * factor;
        std::memcpy(to + part * part_size, &whole, sizeof whole);
    }
}

#define FABULA_WIDE_OPERATOR(op)                                       \
    FABULA_INLINE Wide operator op(const Wide& a, const Wide& b) {     \
        Wide wide;                                                     \
        FABULA_EACH wide.parts[part] = a.parts[part] op b.parts[part]; \
        return wide;                                                   \
    }                                                                  \
    FABULA_INLINE Wide operator op(const Wide& a, double b) {          \
        Wide wide;                                                     \
        FABULA_EACH wide.parts[part] = a.parts[part] op b;             \
        return wide;                                                   \
    }
FABULA_WIDE_OPERATOR(+)
FABULA_WIDE_OPERATOR(-)
FABULA_WIDE_OPERATOR(*)
#undef FABULA_WIDE_OPERATOR

// x where it is less than `most`; `most` where it is not, or is NaN.
FABULA_INLINE Wide at_most(const Wide& x, double most) {
    Wide wide;
    const Numbers bound = Numbers{} + most;
    FABULA_EACH wide.parts[part] = x.parts[part] < bound ? x.parts[part] : bound;
    return wide;
}

}  // namespace
}  // namespace fabula::sample
// NOLINTEND(bugprone-integer-division,modernize-loop-convert)
// NOLINTEND(readability-function-size,readability-function-cognitive-complexity)
// NOLINTEND(cppcoreguidelines-pro-type-member-init,misc-definitions-in-headers)
