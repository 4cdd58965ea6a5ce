// SPDX-License-Identifier: 0BSD
// Sixteen lanes as plain arrays: the vocabulary that over_lanes.h is written in, for any
// processor. Included by kernels_portable.cpp alone.
#pragma once

#include "model/cpu/half.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

// Lanes are written one by one, right after they are declared.
// NOLINTBEGIN(cppcoreguidelines-pro-type-member-init,modernize-loop-convert)
namespace fabula::model::cpu {
namespace {

struct Lanes {
    struct F {
        float lane[16];
    };
    struct I {
        std::int32_t lane[16];
    };
    struct B {
        std::uint16_t word[32];
    };
    static constexpr bool adds_128 = false;

    template <typename Make>
    static F each(Make make) {
        F a;
        for (int i = 0; i < 16; ++i)
            a.lane[i] = make(i);
        return a;
    }
    static F zero() { return all(0.0F); }
    static F all(float x) {
        return each([=](int) { return x; });
    }
    static F load(const float* x) {
        return each([=](int i) { return x[i]; });
    }
    static void store(float* x, F a) {
        for (int i = 0; i < 16; ++i)
            x[i] = a.lane[i];
    }
    static F add(F a, F b) {
        return each([&](int i) { return a.lane[i] + b.lane[i]; });
    }
    static F sub(F a, F b) {
        return each([&](int i) { return a.lane[i] - b.lane[i]; });
    }
    static F mul(F a, F b) {
        return each([&](int i) { return a.lane[i] * b.lane[i]; });
    }
    static F div(F a, F b) {
        return each([&](int i) { return a.lane[i] / b.lane[i]; });
    }
    static F max(F a, F b) {
        return each([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
    }
    static F min(F a, F b) {
        return each([&](int i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
    }
    static F abs(F a) {
        return each([&](int i) { return std::fabs(a.lane[i]); });
    }
    static F fma(F a, F b, F c) {
        return each([&](int i) { return a.lane[i] * b.lane[i] + c.lane[i]; });
    }
    static F fnma(F a, F b, F c) {
        return each([&](int i) { return c.lane[i] - a.lane[i] * b.lane[i]; });
    }
    static F where_not_less(F x, F y, F a) {
        return each([&](int i) { return x.lane[i] >= y.lane[i] ? a.lane[i] : 0.0F; });
    }
    static float sum(F a) {
        for (int width = 8; width > 0; width /= 2) {
            for (int i = 0; i < width; ++i)
                a.lane[i] += a.lane[i + width];
        }
        return a.lane[0];
    }
    static float largest(F a) {
        float most = a.lane[0];
        for (int i = 1; i < 16; ++i)
            most = a.lane[i] > most ? a.lane[i] : most;
        return most;
    }

    static F load_half(const std::uint16_t* x) {
        return each([=](int i) { return float_of_half(x[i]); });
    }
    static void store_halves(std::uint16_t* x, F a) {
        for (int i = 0; i < 16; ++i)
            x[i] = half_of_float(a.lane[i]);
    }
    static F load_brain(const std::uint16_t* x) {
        return each([=](int i) { return float_of_brain(x[i]); });
    }
    static F load_u8(const std::uint8_t* x) {
        return each([=](int i) { return static_cast<float>(x[i]); });
    }
    static F load_s8(const std::uint8_t* x) {
        return each([=](int i) { return static_cast<float>(static_cast<std::int8_t>(x[i])); });
    }

    static I no_integers() { return all(std::int32_t{0}); }
    static I all(std::int32_t x) {
        I a;
        for (int i = 0; i < 16; ++i)
            a.lane[i] = x;
        return a;
    }
    template <int n>
    static I shift_left(I a) {
        for (int i = 0; i < 16; ++i)
            a.lane[i] *= 1 << n;
        return a;
    }
    static F to_float(I a) {
        return each([&](int i) { return static_cast<float>(a.lane[i]); });
    }
    static I to_integer(F a) {
        I b;
        for (int i = 0; i < 16; ++i)
            b.lane[i] = static_cast<std::int32_t>(std::nearbyint(a.lane[i]));
        return b;
    }
    static std::int32_t sum(I a) {
        std::int32_t total = 0;
        for (int i = 0; i < 16; ++i)
            total += a.lane[i];
        return total;
    }
    static F power_of_two(I a) {
        return each([&](int i) {
            return std::bit_cast<float>(static_cast<std::uint32_t>(a.lane[i] + 127) << 23U);
        });
    }
    static void store_bytes(std::int8_t* x, I a) {
        for (int i = 0; i < 16; ++i)
            x[i] = static_cast<std::int8_t>(a.lane[i]);
    }

    template <typename Make>
    static B words(Make make) {
        B a;
        for (int i = 0; i < 32; ++i)
            a.word[i] = static_cast<std::uint16_t>(make(i));
        return a;
    }
    static B load_codes(const std::uint8_t* x) {
        B a;
        __builtin_memcpy(a.word, x, sizeof(a.word));
        return a;
    }
    static B all_bytes(char x) {
        const auto byte = static_cast<std::uint8_t>(x);
        return words([=](int) { return byte << 8U | byte; });
    }
    static B both(B a, B b) {
        return words([&](int i) { return a.word[i] & b.word[i]; });
    }
    static B either(B a, B b) {
        return words([&](int i) { return a.word[i] | b.word[i]; });
    }
    template <int n>
    static B words_left(B a) {
        return words([&](int i) { return a.word[i] << n; });
    }
    template <int n>
    static B words_right(B a) {
        return words([&](int i) { return a.word[i] >> n; });
    }
    static I dot(I sum, B codes, const std::int8_t* x) { return dot_from(sum, codes, x, 0); }
    static I dot_wide(I sum, B codes, const std::int8_t* x) { return dot_from(sum, codes, x, 128); }

private:
    static I dot_from(I sum, const B& codes, const std::int8_t* x, std::int32_t zero) {
        std::uint8_t bytes[64];
        __builtin_memcpy(bytes, codes.word, sizeof(bytes));
        for (int i = 0; i < 16; ++i) {
            for (int j = 0; j < 4; ++j)
                sum.lane[i] += (bytes[4 * i + j] - zero) * x[j];
        }
        return sum;
    }
};

}  // namespace
}  // namespace fabula::model::cpu
// NOLINTEND(cppcoreguidelines-pro-type-member-init,modernize-loop-convert)
