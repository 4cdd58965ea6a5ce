// SPDX-License-Identifier: 0BSD
// Threads that are started when there is work and no idle one, up to a number; they stay. No work
// waits in a queue: where all are busy, it is refused.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

namespace fabula::serve {

class Workers {
public:
    using Job = std::function<void()>;

    explicit Workers(std::size_t most) : most_(most) {}
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;
    ~Workers() { join(); }

    /// `false`: all are busy, or the system gives no thread; the job is not taken.
    bool submit(Job job);
    /// Waits for the jobs that run; none is taken after it. Call it from one thread.
    void join();

private:
    static void* run(void* self);
    void work();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Job> jobs_;  // never more than there are idle threads
    std::vector<pthread_t> threads_;
    std::size_t most_;
    std::size_t n_idle_ = 0;
    bool is_ending_ = false;
};

}  // namespace fabula::serve
