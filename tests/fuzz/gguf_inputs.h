// SPDX-License-Identifier: 0BSD
// What the targets over GGUF files share: how many inputs pass the first check, and how inputs are
// changed so that most do.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <random>
#include <string_view>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace fabula::fuzz {

constexpr std::size_t counts_end = 24;  // magic, version, two counts

struct Tally {
    std::uint64_t seen = 0;
    std::uint64_t passed = 0;  // a GGUF file of a known version with counts that may be
    ~Tally() {
        std::fprintf(stderr, "first check: %llu of %llu passed\n",
                     static_cast<unsigned long long>(passed),
                     static_cast<unsigned long long>(seen));
    }
};

/// Whether an inspection of the file 'fuzz' failed at its first bytes.
inline bool is_first_check(std::string_view message) {
    for (const char* const start : {"model 'fuzz': not a GGUF", "model 'fuzz': GGUF version",
                                    "model 'fuzz': the version", "model 'fuzz': the number"}) {
        if (message.starts_with(start)) return true;
    }
    return message.find("of each are believed") != std::string_view::npos;
}

/// Changes what lies between the counts and `end`; of the rest, nothing.
inline std::size_t mutate_header(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                 std::size_t end, std::minstd_rand& random) {
    if (random() % 4 == 0 && end >= counts_end + 8) {  // a number that lengths and sizes trip over
        constexpr std::uint64_t traps[] = {0,          1,          31,         33,         255,
                                           0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1ULL << 62, ~0ULL};
        const std::uint64_t trap = traps[random() % std::size(traps)];
        const std::size_t at = counts_end + random() % (end - counts_end - 7);
        std::memcpy(data + at, &trap, random() % 2 == 0 ? 8 : 4);
        return size;
    }
    if (end == size) {
        return counts_end +
               LLVMFuzzerMutate(data + counts_end, size - counts_end, max_size - counts_end);
    }
    // In place: what lies behind stays where it is.
    std::uint8_t* const header = data + counts_end;
    const std::size_t length = end - counts_end;
    const std::size_t made = LLVMFuzzerMutate(header, length, length);
    if (made < length) std::memset(header + made, 0, length - made);
    return size;
}

/// Most inputs keep the magic, the version and the counts, so that what is behind them is read.
inline std::size_t mutate_gguf(std::uint8_t* data, std::size_t size, std::size_t max_size,
                               unsigned int seed) {
    std::minstd_rand random(seed);
    if (size <= counts_end || max_size <= counts_end || random() % 8 == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    return mutate_header(data, size, max_size, size, random);
}

}  // namespace fabula::fuzz
