// SPDX-License-Identifier: 0BSD
// Sixteen doubles that go through the same operations: as two registers of eight (AVX-512), four
// of four (AVX2) or eight of two (every x86-64). The operations and their order are the same,
// hence the bits. Four in the air at once, so that none waits for another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#define FABULA_INLINE [[gnu::always_inline]] inline
#define FABULA_EACH _Pragma("GCC unroll 8") for (std::size_t part = 0; part < n_parts; ++part)

namespace fabula::sample {

// g++ and clang know these types.
struct Parts4 {
    using Numbers = double __attribute__((vector_size(32)));
    using Bits = std::int64_t __attribute__((vector_size(32)));
    using Floats = float __attribute__((vector_size(16)));
    using Ints = std::int32_t __attribute__((vector_size(16)));
};
struct Parts8 {
    using Numbers = double __attribute__((vector_size(64)));
    using Bits = std::int64_t __attribute__((vector_size(64)));
    using Floats = float __attribute__((vector_size(32)));
    using Ints = std::int32_t __attribute__((vector_size(32)));
};

template <typename Parts>
struct Wide {
    using Numbers = typename Parts::Numbers;
    using Bits = typename Parts::Bits;
    static constexpr std::size_t size = 16;
    static constexpr std::size_t part_size = sizeof(Numbers) / sizeof(double);
    static constexpr std::size_t n_parts = size / part_size;

    Numbers parts[n_parts];

    FABULA_INLINE void store(double* to) const { std::memcpy(to, parts, sizeof parts); }
    FABULA_INLINE void load(const double* from) { std::memcpy(parts, from, sizeof parts); }
    FABULA_INLINE void load(const float* from) {
        FABULA_EACH {
            typename Parts::Floats floats;
            std::memcpy(&floats, from + part * part_size, sizeof floats);
            parts[part] = __builtin_convertvector(floats, Numbers);
        }
    }
    /// Rounded towards 0, times `factor`.
    FABULA_INLINE void store_whole(std::int32_t* to, std::int32_t factor) const {
        FABULA_EACH {
            const typename Parts::Ints whole =
                __builtin_convertvector(parts[part], typename Parts::Ints) * factor;
            std::memcpy(to + part * part_size, &whole, sizeof whole);
        }
    }
};

#define FABULA_WIDE_OPERATOR(op)                                                        \
    template <typename Parts>                                                           \
    FABULA_INLINE Wide<Parts> operator op(const Wide<Parts>& a, const Wide<Parts>& b) { \
        constexpr std::size_t n_parts = Wide<Parts>::n_parts;                           \
        Wide<Parts> result;                                                             \
        FABULA_EACH result.parts[part] = a.parts[part] op b.parts[part];                \
        return result;                                                                  \
    }                                                                                   \
    template <typename Parts>                                                           \
    FABULA_INLINE Wide<Parts> operator op(const Wide<Parts>& a, double b) {             \
        constexpr std::size_t n_parts = Wide<Parts>::n_parts;                           \
        Wide<Parts> result;                                                             \
        FABULA_EACH result.parts[part] = a.parts[part] op b;                            \
        return result;                                                                  \
    }
FABULA_WIDE_OPERATOR(+)
FABULA_WIDE_OPERATOR(-)
FABULA_WIDE_OPERATOR(*)
#undef FABULA_WIDE_OPERATOR

/// x where it is less than `most`; `most` where it is not, or is NaN.
template <typename Parts>
FABULA_INLINE Wide<Parts> at_most(const Wide<Parts>& x, double most) {
    constexpr std::size_t n_parts = Wide<Parts>::n_parts;
    Wide<Parts> result;
    const typename Parts::Numbers bound = typename Parts::Numbers{} + most;
    FABULA_EACH result.parts[part] = x.parts[part] < bound ? x.parts[part] : bound;
    return result;
}

}  // namespace fabula::sample
