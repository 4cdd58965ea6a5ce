// SPDX-License-Identifier: 0BSD
#include "app/evaluate_jobs.h"

#include <cassert>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace fabula::app {
namespace {

struct Board {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t next = 0;
    std::size_t done = 0;
    std::size_t at_work = 0;
    std::optional<Error> error;
};

Result<Unit> guarded(const std::function<Result<Unit>(std::size_t)>& job, std::size_t number) {
    try {
        return job(number);
    } catch (const std::exception& failure) {  // the top of a thread: nothing may leave it
        return Error{ErrorCode::exhausted, failure.what()};
    }
}

}  // namespace

Result<Unit> run_jobs(std::size_t n_jobs, std::size_t n_threads, const std::stop_token& stop,
                      const std::function<Result<Unit>(std::size_t)>& job,
                      const std::function<void(std::size_t)>& on_progress) {
    assert(n_threads >= 1);
    Board board;
    const auto may_begin = [&] {
        return board.next < n_jobs && !board.error && !stop.stop_requested();
    };
    const auto work = [&] {
        std::unique_lock lock(board.mutex);
        while (may_begin()) {
            const std::size_t number = board.next++;
            lock.unlock();
            auto finished = guarded(job, number);
            lock.lock();
            ++board.done;
            if (!finished && !board.error) board.error = finished.error();
        }
        --board.at_work;
        board.changed.notify_one();
    };
    std::vector<std::jthread> threads;
    board.at_work = n_threads;
    for (std::size_t i = 0; i < n_threads; ++i)
        threads.emplace_back(work);
    std::unique_lock lock(board.mutex);
    while (board.at_work > 0) {
        board.changed.wait_for(lock, std::chrono::milliseconds(100));
        on_progress(board.done);
    }
    on_progress(board.done);  // the workers may have ended before anybody waited for them
    if (board.error) return *board.error;
    return Unit{};
}

}  // namespace fabula::app
