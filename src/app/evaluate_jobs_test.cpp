// SPDX-License-Identifier: 0BSD
#include "app/evaluate_jobs.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

namespace fabula::app {
namespace {

TEST(RunJobs, does_each_once_and_says_how_many_are_done) {
    std::vector<std::atomic<int>> calls(100);
    std::size_t last = 0;
    const auto job = [&](std::size_t number) -> Result<Unit> {
        ++calls[number];
        return Unit{};
    };
    ASSERT_TRUE(run_jobs(100, 3, {}, job, [&](std::size_t done) { last = done; }).has_value());
    EXPECT_EQ(last, 100U);
    for (const auto& each : calls)
        EXPECT_EQ(each, 1);
}

TEST(RunJobs, begins_nothing_after_an_error_and_gives_it) {
    std::atomic<int> calls = 0;
    const auto job = [&](std::size_t) -> Result<Unit> {
        ++calls;
        return Error{ErrorCode::corrupt, "broken"};
    };
    const auto ran = run_jobs(100, 1, {}, job, [](std::size_t) {});
    EXPECT_EQ(ran.error().message, "broken");
    EXPECT_EQ(calls, 1);
}

TEST(RunJobs, begins_nothing_after_stop) {
    // On the heap: with -Og and sanitizers GCC 12 takes one on the stack for uninitialised.
    const auto stop = std::make_unique<std::stop_source>();
    std::atomic<int> calls = 0;
    const auto job = [&](std::size_t number) -> Result<Unit> {
        ++calls;
        if (number == 4) stop->request_stop();
        return Unit{};
    };
    ASSERT_TRUE(run_jobs(100, 1, stop->get_token(), job, [](std::size_t) {}).has_value());
    EXPECT_EQ(calls, 5);
}

TEST(RunJobs, tells_what_a_library_threw) {
    const auto job = [](std::size_t) -> Result<Unit> {
        std::vector<double> all;
        all.reserve(all.max_size() + 1);  // std::length_error, and nothing is asked of the machine
        return Unit{};
    };
    EXPECT_EQ(run_jobs(1, 1, {}, job, [](std::size_t) {}).error().code, ErrorCode::exhausted);
}

}  // namespace
}  // namespace fabula::app
