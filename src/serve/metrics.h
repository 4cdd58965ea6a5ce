// SPDX-License-Identifier: 0BSD
// What the server counts, in the text format of Prometheus (version 0.0.4).
//
// Threads: any.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace fabula::serve {

/// How long things took: counts below the bounds that Prometheus calls buckets.
class Durations {
public:
    void add(double seconds);
    std::string text(std::string_view name, std::string_view help) const;

private:
    static constexpr std::array bounds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                       0.5,   1.0,  2.5,   5.0,  10.0};
    mutable std::mutex mutex_;
    std::array<std::uint64_t, bounds.size() + 1> counts_{};
    double sum_ = 0;
};

struct Metrics {
    std::atomic<std::uint64_t> offers = 0;  // drawn for somebody, and in the store
    std::atomic<std::uint64_t> candidates = 0;
    std::atomic<std::uint64_t> tokens = 0;         // of these
    std::atomic<std::uint64_t> prompt_tokens = 0;  // computed, not found in the cache
    std::atomic<std::uint64_t> failed_requests = 0;
    std::atomic<std::uint64_t> completions = 0;  // OpenAI's routes, choices
    std::atomic<std::uint64_t> completion_tokens = 0;
    std::atomic<std::uint64_t> ahead_offers = 0;  // drawn while somebody read
    std::atomic<std::uint64_t> ahead_tokens = 0;
    std::atomic<std::uint64_t> ahead_shown = 0;  // of the offers, those that were asked for
    std::atomic<std::uint64_t> ahead_broken_off = 0;
    Durations first_token;  // from the request to its first words
    Durations waiting;      // from the request to the model

    /// One answer of the server.
    void count_answer(std::string_view route, int status);

    struct Now {
        std::size_t readers = 0;
        std::size_t open_requests = 0;
        double uptime_seconds = 0;
    };
    std::string text(const Now& now) const;

private:
    mutable std::mutex mutex_;
    std::map<std::pair<std::string, int>, std::uint64_t> answers_;
};

}  // namespace fabula::serve
