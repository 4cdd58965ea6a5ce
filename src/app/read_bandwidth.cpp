// SPDX-License-Identifier: 0BSD
#include "app/read_bandwidth.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <barrier>
#include <cassert>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace fabula::app {
namespace {

constexpr std::uint64_t pattern = 0x0101010101010101U;  // what the buffer is filled with
constexpr std::size_t words_a_round = 64;               // eight loads of eight words

using Sum = std::uint64_t (*)(const std::uint64_t* words, std::size_t n_words);

std::uint64_t sum_portable(const std::uint64_t* words, std::size_t n_words) {
    std::array<std::uint64_t, 8> sums{};
    for (std::size_t i = 0; i < n_words; i += sums.size()) {
        for (std::size_t lane = 0; lane < sums.size(); ++lane)
            sums[lane] += words[i + lane];
    }
    std::uint64_t sum = 0;
    for (const std::uint64_t lane : sums)
        sum += lane;
    return sum;
}

#ifdef __x86_64__

// The rest of the build is for any processor; these two are called where their own is found.
__attribute__((target("avx512f"))) std::uint64_t sum_avx512(const std::uint64_t* words,
                                                            std::size_t n_words) {
    __m512i sums[8];
    for (auto& sum : sums)
        sum = _mm512_setzero_si512();
    for (std::size_t i = 0; i < n_words; i += words_a_round) {
        for (std::size_t lane = 0; lane < 8; ++lane)
            sums[lane] = _mm512_add_epi64(sums[lane], _mm512_load_si512(words + i + 8 * lane));
    }
    alignas(64) std::array<std::uint64_t, 8> lanes{};
    std::uint64_t total = 0;
    for (const auto& sum : sums) {
        _mm512_store_si512(lanes.data(), sum);
        for (const std::uint64_t lane : lanes)
            total += lane;
    }
    return total;
}

__attribute__((target("avx2"))) std::uint64_t sum_avx2(const std::uint64_t* words,
                                                       std::size_t n_words) {
    __m256i sums[8];
    for (auto& sum : sums)
        sum = _mm256_setzero_si256();
    for (std::size_t i = 0; i < n_words; i += words_a_round / 2) {
        for (std::size_t lane = 0; lane < 8; ++lane) {
            const auto* const at = reinterpret_cast<const __m256i*>(words + i + 4 * lane);
            sums[lane] = _mm256_add_epi64(sums[lane], _mm256_load_si256(at));
        }
    }
    alignas(32) std::array<std::uint64_t, 4> lanes{};
    std::uint64_t total = 0;
    for (const auto& sum : sums) {
        _mm256_store_si256(reinterpret_cast<__m256i*>(lanes.data()), sum);
        for (const std::uint64_t lane : lanes)
            total += lane;
    }
    return total;
}

#endif

Sum widest_sum() {
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f") != 0) return sum_avx512;
    if (__builtin_cpu_supports("avx2") != 0) return sum_avx2;
#endif
    return sum_portable;
}

struct Unmap {
    std::size_t size_bytes = 0;
    void operator()(void* start) const { munmap(start, size_bytes); }
};

/// Seconds that one pass takes: from when all threads stand ready until the last has its sum.
double seconds_of_pass(std::span<const std::uint64_t> words, Sum sum) {
    using Clock = std::chrono::steady_clock;
    const std::size_t share = words.size() / n_read_threads;
    std::array<Clock::time_point, n_read_threads> starts;
    std::array<Clock::time_point, n_read_threads> ends;
    std::array<std::uint64_t, n_read_threads> sums{};
    std::barrier ready(static_cast<std::ptrdiff_t>(n_read_threads));
    const auto read = [&](std::size_t i) {
        ready.arrive_and_wait();
        starts[i] = Clock::now();
        sums[i] = sum(words.data() + i * share, share);
        ends[i] = Clock::now();
    };
    {
        std::array<std::jthread, n_read_threads - 1> others;
        for (std::size_t i = 1; i < n_read_threads; ++i)
            others[i - 1] = std::jthread(read, i);
        read(0);
    }
    for (const std::uint64_t each : sums)
        assert(each == pattern * share);
    return std::chrono::duration<double>(*std::ranges::max_element(ends) -
                                         *std::ranges::min_element(starts))
        .count();
}

}  // namespace

std::uint64_t wide_sum(std::span<const std::uint64_t> words) {
    assert(words.size() % words_a_round == 0);
    assert(reinterpret_cast<std::uintptr_t>(words.data()) % 64 == 0);
    return widest_sum()(words.data(), words.size());
}

std::size_t read_buffer_bytes(std::uint64_t free_bytes) {
    constexpr std::uint64_t least = 16U << 20U;
    constexpr std::uint64_t most = 2ULL << 30U;
    constexpr std::uint64_t huge_page = 2U << 20U;
    return std::clamp(free_bytes / 2 / huge_page * huge_page, least, most);
}

Result<ReadBandwidth> read_bandwidth(std::size_t buffer_bytes, std::size_t n_passes) {
    assert(buffer_bytes > 0 && buffer_bytes % 4096 == 0);
    void* const start =
        mmap(nullptr, buffer_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return Error{ErrorCode::exhausted, "no memory for a buffer of " +
                                               std::to_string(buffer_bytes) + " bytes to read"};
    const std::unique_ptr<void, Unmap> owner(start, Unmap{buffer_bytes});
    madvise(start, buffer_bytes, MADV_HUGEPAGE);  // a wish; without it the figure is a little lower
    std::memset(start, 1, buffer_bytes);
    const std::span<const std::uint64_t> words(static_cast<const std::uint64_t*>(start),
                                               buffer_bytes / sizeof(std::uint64_t));
    const Sum sum = widest_sum();
    ReadBandwidth figures{0, buffer_bytes};
    for (std::size_t pass = 0; pass < n_passes; ++pass) {
        const double gib = static_cast<double>(buffer_bytes) / (1U << 30U);
        figures.gib_per_second =
            std::max(figures.gib_per_second, gib / seconds_of_pass(words, sum));
    }
    return figures;
}

}  // namespace fabula::app
