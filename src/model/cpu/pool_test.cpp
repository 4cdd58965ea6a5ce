// SPDX-License-Identifier: 0BSD
#include "model/cpu/pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <numeric>

namespace fabula::model::cpu {
namespace {

constexpr std::size_t sizes[] = {0, 1, 2, 3, 4, 5, 7, 8, 16, 33, 100, 1000};

TEST(Pool, does_every_item_exactly_once) {
    for (std::size_t n_threads = 1; n_threads <= 4; ++n_threads) {
        Pool pool(n_threads);
        EXPECT_EQ(pool.size(), n_threads);
        for (const std::size_t n : sizes) {
            std::vector<int> times(n);  // no atomics: each item has one thread, and the end is seen
            pool.each(n, [&](std::size_t item, std::size_t) { ++times.at(item); });
            EXPECT_TRUE(std::ranges::all_of(times, [](int t) { return t == 1; }))
                << n_threads << " " << n;
        }
    }
}

TEST(Pool, tells_each_item_the_thread_that_it_runs_on) {
    Pool pool(3);
    std::vector<std::vector<std::size_t>> done(pool.size());  // each written by its thread alone
    const auto caller = std::this_thread::get_id();
    std::vector<std::thread::id> ids(pool.size());
    for (int round = 0; round < 200; ++round) {
        pool.each(50, [&](std::size_t item, std::size_t thread) {
            done.at(thread).push_back(item);
            ids[thread] = std::this_thread::get_id();
        });
    }
    EXPECT_EQ(done[0].size() + done[1].size() + done[2].size(), 200U * 50);
    EXPECT_TRUE(done[0].empty() || ids[0] == caller);
    for (std::size_t thread = 1; thread < pool.size(); ++thread)
        EXPECT_TRUE(done[thread].empty() || ids[thread] != caller);
}

TEST(Pool, a_round_sees_what_the_one_before_it_wrote) {
    for (std::size_t n_threads = 1; n_threads <= 4; ++n_threads) {
        Pool pool(n_threads);
        std::vector<std::uint64_t> numbers(64, 1);
        std::vector<std::uint64_t> next(64);
        std::uint64_t expected = 1;
        for (int round = 0; round < 300; ++round) {
            pool.each(numbers.size(), [&](std::size_t i, std::size_t) {
                next[i] = numbers[i] + numbers[(i + 17) % numbers.size()] + 1;
            });
            pool.each(numbers.size(), [&](std::size_t i, std::size_t) { numbers[i] = next[i]; });
            expected = 2 * expected + 1;
        }
        EXPECT_TRUE(std::ranges::all_of(numbers, [&](auto x) { return x == expected; }));
    }
}

TEST(Pool, idle_threads_help_those_that_are_slow) {
    Pool pool(2);
    std::atomic<int> n_done = 0;
    // The first share's first item waits for all others: somebody else must do them.
    pool.each(20, [&](std::size_t item, std::size_t) {
        if (item == 0) {
            while (n_done.load() < 19)
                std::this_thread::yield();
        }
        ++n_done;
    });
    EXPECT_EQ(n_done.load(), 20);
}

TEST(Pool, a_pool_may_work_inside_the_work_of_another) {
    Pool outer(3);
    std::vector<std::size_t> sums(12);
    outer.each(sums.size(), [&](std::size_t item, std::size_t) {
        Pool inner(2);
        std::vector<std::size_t> parts(item + 1);
        for (int round = 0; round < 5; ++round)
            inner.each(parts.size(), [&](std::size_t i, std::size_t) { parts[i] += i; });
        sums[item] = std::accumulate(parts.begin(), parts.end(), std::size_t{0});
    });
    for (std::size_t i = 0; i < sums.size(); ++i)
        EXPECT_EQ(sums[i], 5 * i * (i + 1) / 2);
}

TEST(Pool, ends_while_it_is_new_busy_and_asleep) {
    for (int i = 0; i < 50; ++i) {
        const Pool never_used(4);
        Pool just_used(4);
        int total = 0;
        just_used.each(1, [&](std::size_t, std::size_t) { ++total; });
        std::vector<int> times(9);
        just_used.each(times.size(), [&](std::size_t item, std::size_t) { ++times[item]; });
        EXPECT_EQ(total, 1);
    }
    Pool asleep(4);
    std::vector<int> times(9);
    for (int round = 0; round < 3; ++round) {
        asleep.each(times.size(), [&](std::size_t item, std::size_t) { ++times[item]; });
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_TRUE(std::ranges::all_of(times, [](int t) { return t == 3; }));
}

}  // namespace
}  // namespace fabula::model::cpu
