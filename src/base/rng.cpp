// SPDX-License-Identifier: 0BSD
#include "base/rng.h"

namespace fabula {
namespace {

constexpr std::uint32_t low(std::uint64_t x) {
    return static_cast<std::uint32_t>(x);
}
constexpr std::uint32_t high(std::uint64_t x) {
    return static_cast<std::uint32_t>(x >> 32);
}

// The last word of the counter keeps the two uses of a key apart.
constexpr std::uint32_t for_names = 0x6E616D65U;
constexpr std::uint32_t for_numbers = 0x6E756D62U;

std::uint64_t block(std::uint64_t key, std::uint64_t index, std::uint32_t attempt,
                    std::uint32_t use) {
    std::uint32_t out[4];
    philox_4x32_10({low(index), high(index), attempt, use}, {low(key), high(key)}, out);
    return (static_cast<std::uint64_t>(out[1]) << 32) | out[0];
}

}  // namespace

void philox_4x32_10(const std::uint32_t (&counter)[4], const std::uint32_t (&key)[2],
                    std::uint32_t (&out)[4]) {
    std::uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    std::uint32_t k[2] = {key[0], key[1]};
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = 0xD2511F53ULL * c[0];
        const std::uint64_t b = 0xCD9E8D57ULL * c[2];
        const std::uint32_t next[4] = {high(b) ^ c[1] ^ k[0], low(b), high(a) ^ c[3] ^ k[1],
                                       low(a)};
        for (int i = 0; i < 4; ++i)
            c[i] = next[i];
        k[0] += 0x9E3779B9U;
        k[1] += 0xBB67AE85U;
    }
    for (int i = 0; i < 4; ++i)
        out[i] = c[i];
}

Rng::Rng(std::uint64_t seed) : key_(seed) {}

Rng Rng::child(std::uint64_t index) const {
    return {block(key_, index, 0, for_names), 0};
}

double Rng::uniform(std::uint64_t position, std::uint32_t attempt) const {
    return static_cast<double>(block(key_, position, attempt, for_numbers) >> 11) * 0x1p-53;
}

Rng rng_at(std::uint64_t seed, std::span<const std::uint64_t> path) {
    Rng rng(seed);
    for (const auto index : path)
        rng = rng.child(index);
    return rng;
}

}  // namespace fabula
