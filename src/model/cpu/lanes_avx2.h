// SPDX-License-Identifier: 0BSD
// Sixteen lanes as two AVX2 registers: the vocabulary that over_lanes.h is written in. Included by
// kernels_avx2.cpp alone, which is compiled for such processors; nothing here may leave it.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace fabula::model::cpu {
namespace {

struct Lanes {
    struct F {
        __m256 low, high;
    };
    struct I {
        __m256i low, high;
    };
    struct B {
        __m256i low, high;
    };
    // see lanes_avx512.h
    static constexpr bool adds_128 = false;

    static F zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
    static F all(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
    static F load(const float* x) { return {_mm256_loadu_ps(x), _mm256_loadu_ps(x + 8)}; }
    static void store(float* x, F a) {
        _mm256_storeu_ps(x, a.low);
        _mm256_storeu_ps(x + 8, a.high);
    }
    static F add(F a, F b) { return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)}; }
    static F sub(F a, F b) { return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)}; }
    static F mul(F a, F b) { return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)}; }
    static F div(F a, F b) { return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)}; }
    static F max(F a, F b) { return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)}; }
    static F min(F a, F b) { return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)}; }
    static F abs(F a) {
        const __m256 sign = _mm256_set1_ps(-0.0F);
        return {_mm256_andnot_ps(sign, a.low), _mm256_andnot_ps(sign, a.high)};
    }
    static F fma(F a, F b, F c) {
        return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
    }
    static F fnma(F a, F b, F c) {
        return {_mm256_fnmadd_ps(a.low, b.low, c.low), _mm256_fnmadd_ps(a.high, b.high, c.high)};
    }
    static F where_not_less(F x, F y, F a) {
        return {_mm256_and_ps(_mm256_cmp_ps(x.low, y.low, _CMP_GE_OQ), a.low),
                _mm256_and_ps(_mm256_cmp_ps(x.high, y.high, _CMP_GE_OQ), a.high)};
    }
    static float sum(F a) {
        const __m256 eight = _mm256_add_ps(a.low, a.high);
        const __m128 four =
            _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
        const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
    }
    static float largest(F a) {
        const __m256 eight = _mm256_max_ps(a.low, a.high);
        const __m128 four =
            _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
        const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
    }

    static F load_half(const std::uint16_t* x) {
        return {_mm256_cvtph_ps(sixteen(x)), _mm256_cvtph_ps(sixteen(x + 8))};
    }
    static void store_halves(std::uint16_t* x, F a) {
        constexpr int nearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
        _mm_storeu_si128(reinterpret_cast<__m128i*>(x), _mm256_cvtps_ph(a.low, nearest));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(x + 8), _mm256_cvtps_ph(a.high, nearest));
    }
    static F load_brain(const std::uint16_t* x) { return {brain(x), brain(x + 8)}; }
    static F load_u8(const std::uint8_t* x) {
        return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(eight(x))),
                _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(eight(x + 8)))};
    }
    static F load_s8(const std::uint8_t* x) {
        return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(eight(x))),
                _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(eight(x + 8)))};
    }

    static I no_integers() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
    static I all(std::int32_t x) { return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }
    template <int n>
    static I shift_left(I a) {
        return {_mm256_slli_epi32(a.low, n), _mm256_slli_epi32(a.high, n)};
    }
    static F to_float(I a) { return {_mm256_cvtepi32_ps(a.low), _mm256_cvtepi32_ps(a.high)}; }
    static I to_integer(F a) { return {_mm256_cvtps_epi32(a.low), _mm256_cvtps_epi32(a.high)}; }
    static std::int32_t sum(I a) {
        const __m256i eight = _mm256_add_epi32(a.low, a.high);
        __m128i four =
            _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
        four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
        return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1)));
    }
    static F power_of_two(I a) { return {power(a.low), power(a.high)}; }
    static void store_bytes(std::int8_t* x, I a) {
        alignas(32) std::int32_t lanes[16];
        _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), a.low);
        _mm256_store_si256(reinterpret_cast<__m256i*>(lanes + 8), a.high);
        for (int i = 0; i < 16; ++i)
            x[i] = static_cast<std::int8_t>(lanes[i]);
    }

    static B load_codes(const std::uint8_t* x) {
        return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x)),
                _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + 32))};
    }
    static B all_bytes(char x) { return {_mm256_set1_epi8(x), _mm256_set1_epi8(x)}; }
    static B both(B a, B b) {
        return {_mm256_and_si256(a.low, b.low), _mm256_and_si256(a.high, b.high)};
    }
    static B either(B a, B b) {
        return {_mm256_or_si256(a.low, b.low), _mm256_or_si256(a.high, b.high)};
    }
    template <int n>
    static B words_left(B a) {
        return {_mm256_slli_epi16(a.low, n), _mm256_slli_epi16(a.high, n)};
    }
    template <int n>
    static B words_right(B a) {
        return {_mm256_srli_epi16(a.low, n), _mm256_srli_epi16(a.high, n)};
    }
    /// Pairs are summed in 16 bits: 2 * 63 * 127 fits.
    static I dot(I sum, B codes, const std::int8_t* x) {
        const __m256i activations = _mm256_set1_epi32(four(x));
        return {_mm256_add_epi32(sum.low, pairs(_mm256_maddubs_epi16(codes.low, activations))),
                _mm256_add_epi32(sum.high, pairs(_mm256_maddubs_epi16(codes.high, activations)))};
    }
    /// Codes of 8 bits do not fit: their sign goes over to the activations. 2 * 128 * 127 fits.
    static I dot_wide(I sum, B codes, const std::int8_t* x) {
        const __m256i activations = _mm256_set1_epi32(four(x));
        return {_mm256_add_epi32(sum.low, pairs(signed_products(codes.low, activations))),
                _mm256_add_epi32(sum.high, pairs(signed_products(codes.high, activations)))};
    }

private:
    static std::int32_t four(const std::int8_t* x) {
        std::int32_t word = 0;
        __builtin_memcpy(&word, x, sizeof(word));
        return word;
    }
    static __m128i sixteen(const std::uint16_t* x) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(x));
    }
    static __m128i eight(const std::uint8_t* x) {
        return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(x));
    }
    static __m256 brain(const std::uint16_t* x) {
        return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(sixteen(x)), 16));
    }
    static __m256 power(__m256i a) {
        return _mm256_castsi256_ps(
            _mm256_slli_epi32(_mm256_add_epi32(a, _mm256_set1_epi32(127)), 23));
    }
    static __m256i pairs(__m256i products) {
        return _mm256_madd_epi16(products, _mm256_set1_epi16(1));
    }
    static __m256i signed_products(__m256i codes, __m256i activations) {
        const __m256i weights = _mm256_xor_si256(codes, _mm256_set1_epi8(static_cast<char>(0x80)));
        return _mm256_maddubs_epi16(_mm256_abs_epi8(weights),
                                    _mm256_sign_epi8(activations, weights));
    }
};

}  // namespace
}  // namespace fabula::model::cpu
