// SPDX-License-Identifier: 0BSD
// Sixteen lanes as one AVX-512 register: the vocabulary that over_lanes.h is written in. Included
// by kernels_avx512.cpp alone, which is compiled for such processors; nothing here may leave it.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace fabula::model::cpu {
namespace {

struct Lanes {
    using F = __m512;   // 16 floats
    using I = __m512i;  // 16 int32
    using B = __m512i;  // 64 bytes: 4 to a lane
    // Products of unsigned and signed bytes: signed weights are stored with 128 added, and the
    // sum of the activations times 128 is taken off again.
    static constexpr bool adds_128 = true;

    static F zero() { return _mm512_setzero_ps(); }
    static F all(float x) { return _mm512_set1_ps(x); }
    static F load(const float* x) { return _mm512_loadu_ps(x); }
    static void store(float* x, F a) { _mm512_storeu_ps(x, a); }
    static F add(F a, F b) { return _mm512_add_ps(a, b); }
    static F sub(F a, F b) { return _mm512_sub_ps(a, b); }
    static F mul(F a, F b) { return _mm512_mul_ps(a, b); }
    static F div(F a, F b) { return _mm512_div_ps(a, b); }
    static F max(F a, F b) { return _mm512_max_ps(a, b); }
    static F min(F a, F b) { return _mm512_min_ps(a, b); }
    static F abs(F a) { return _mm512_abs_ps(a); }
    static F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
    static F fnma(F a, F b, F c) { return _mm512_fnmadd_ps(a, b, c); }
    /// `a` where x >= y, else 0.
    static F where_not_less(F x, F y, F a) {
        return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, y, _CMP_GE_OQ), a);
    }
    static float sum(F a) { return _mm512_reduce_add_ps(a); }
    static float largest(F a) { return _mm512_reduce_max_ps(a); }

    static F load_half(const std::uint16_t* x) {
        return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x)));
    }
    static void store_halves(std::uint16_t* x, F a) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(x),
                            _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
    }
    static F load_brain(const std::uint16_t* x) {
        const __m256i raw = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x));
        return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(raw), 16));
    }
    static F load_u8(const std::uint8_t* x) {
        const __m128i raw = _mm_loadu_si128(reinterpret_cast<const __m128i*>(x));
        return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(raw));
    }
    static F load_s8(const std::uint8_t* x) {
        const __m128i raw = _mm_loadu_si128(reinterpret_cast<const __m128i*>(x));
        return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(raw));
    }

    static I no_integers() { return _mm512_setzero_si512(); }
    static I all(std::int32_t x) { return _mm512_set1_epi32(x); }
    template <int n>
    static I shift_left(I a) {
        return _mm512_slli_epi32(a, n);
    }
    static F to_float(I a) { return _mm512_cvtepi32_ps(a); }
    /// Nearest, ties to even.
    static I to_integer(F a) { return _mm512_cvtps_epi32(a); }
    static std::int32_t sum(I a) { return _mm512_reduce_add_epi32(a); }
    /// 2^a; a in [-126, 127].
    static F power_of_two(I a) {
        return _mm512_castsi512_ps(
            _mm512_slli_epi32(_mm512_add_epi32(a, _mm512_set1_epi32(127)), 23));
    }
    /// The low byte of each lane.
    static void store_bytes(std::int8_t* x, I a) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(x), _mm512_cvtepi32_epi8(a));
    }

    static B load_codes(const std::uint8_t* x) { return _mm512_loadu_si512(x); }
    static B all_bytes(char x) { return _mm512_set1_epi8(x); }
    static B both(B a, B b) { return _mm512_and_si512(a, b); }
    static B either(B a, B b) { return _mm512_or_si512(a, b); }
    /// Shifts of 16-bit words: bits cross into the neighbouring byte, a mask takes them off.
    template <int n>
    static B words_left(B a) {
        return _mm512_slli_epi16(a, n);
    }
    template <int n>
    static B words_right(B a) {
        return _mm512_srli_epi16(a, n);
    }
    /// sum + the products of each lane's 4 codes (0 to 63) with the 4 activations at `x`.
    static I dot(I sum, B codes, const std::int8_t* x) {
        return _mm512_dpbusd_epi32(sum, codes, _mm512_set1_epi32(four(x)));
    }
    /// The same with codes of 8 bits, which stand for code - 128 (see adds_128).
    static I dot_wide(I sum, B codes, const std::int8_t* x) { return dot(sum, codes, x); }

private:
    static std::int32_t four(const std::int8_t* x) {
        std::int32_t word = 0;
        __builtin_memcpy(&word, x, sizeof(word));
        return word;
    }
};

}  // namespace
}  // namespace fabula::model::cpu
