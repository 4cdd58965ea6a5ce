// SPDX-License-Identifier: 0BSD
#include "serve/workers.h"

#include <pthread.h>

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace fabula::serve {

namespace {

// Of address space; what is not touched costs nothing. std::thread cannot be told.
constexpr std::size_t stack_bytes = std::size_t{2} << 20;

}  // namespace

bool Workers::submit(Job job) {
    const std::scoped_lock lock(mutex_);
    if (is_ending_) return false;
    if (jobs_.size() >= n_idle_) {
        if (threads_.size() >= most_) return false;
        pthread_attr_t attributes{};
        pthread_t thread{};
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, stack_bytes);
        const int status = pthread_create(&thread, &attributes, run, this);
        pthread_attr_destroy(&attributes);
        if (status != 0) return false;
        threads_.push_back(thread);
        ++n_idle_;
    }
    jobs_.push_back(std::move(job));
    changed_.notify_one();
    return true;
}

void Workers::join() {
    std::vector<pthread_t> threads;
    {
        const std::scoped_lock lock(mutex_);
        is_ending_ = true;
        threads.swap(threads_);
    }
    changed_.notify_all();
    for (const pthread_t thread : threads)
        pthread_join(thread, nullptr);
}

void* Workers::run(void* self) {
    static_cast<Workers*>(self)->work();
    return nullptr;
}

void Workers::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] { return is_ending_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        const Job job = std::move(jobs_.back());
        jobs_.pop_back();
        --n_idle_;
        lock.unlock();
        job();
        lock.lock();
        ++n_idle_;
    }
}

}  // namespace fabula::serve
