// SPDX-License-Identifier: 0BSD
#include "model/cpu/pool.h"

namespace fabula::model::cpu {
namespace {

constexpr int awake_turns = 2000;  // some twenty microseconds

void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
}

}  // namespace

Pool::Pool(std::size_t n_threads) : shares_(n_threads) {
    for (std::size_t thread = 1; thread < n_threads; ++thread)
        workers_.emplace_back([this, thread] { serve(thread); });
}

Pool::~Pool() {
    is_closing_.store(true);
    round_.fetch_add(1);
    round_.notify_all();
}

void Pool::take_items(std::size_t thread) {
    for (std::size_t i = 0; i < shares_.size(); ++i) {
        Share& share = shares_[(thread + i) % shares_.size()];
        for (;;) {
            const std::size_t item = share.next.fetch_add(1, std::memory_order_relaxed);
            if (item >= share.end) break;
            job_.call(job_.data, item, thread);
        }
    }
}

void Pool::run(const Job& job) {
    job_ = job;
    for (std::size_t i = 0; i < shares_.size(); ++i) {
        shares_[i].next.store(job.n_items * i / shares_.size(), std::memory_order_relaxed);
        shares_[i].end = job.n_items * (i + 1) / shares_.size();
    }
    n_busy_.store(workers_.size(), std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
    take_items(0);
    for (int turn = 0; n_busy_.load(std::memory_order_acquire) != 0; ++turn) {
        if (turn < awake_turns) {
            pause();
        } else {
            std::this_thread::yield();  // a worker has lost its core
        }
    }
}

void Pool::serve(std::size_t thread) {
    std::uint32_t seen = 0;
    for (;;) {
        for (int turn = 0; turn < awake_turns && round_.load(std::memory_order_acquire) == seen;
             ++turn)
            pause();
        round_.wait(seen, std::memory_order_acquire);
        seen = round_.load(std::memory_order_acquire);
        if (is_closing_.load()) return;
        take_items(thread);
        n_busy_.fetch_sub(1, std::memory_order_release);
    }
}

}  // namespace fabula::model::cpu
