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
    state_.fetch_add(one_round);
    state_.notify_all();
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
    const std::uint64_t round = state_.load(std::memory_order_relaxed) / one_round + 1;
    state_.store(round * one_round + open_bit, std::memory_order_release);
    state_.notify_all();
    take_items(0);
    state_.fetch_and(~open_bit, std::memory_order_acquire);
    for (int turn = 0; (state_.load(std::memory_order_acquire) & active_bits) != 0; ++turn) {
        if (turn < awake_turns) {
            pause();
        } else {
            std::this_thread::yield();  // a worker has lost its core
        }
    }
}

// Whether this worker is now in the open round; `seen` is the round that it knows, open or not.
bool Pool::join(std::uint64_t& seen) {
    std::uint64_t state = state_.load(std::memory_order_acquire);
    do {
        seen = state / one_round;
        if ((state & open_bit) == 0) return false;
    } while (!state_.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel,
                                           std::memory_order_acquire));
    return true;
}

void Pool::serve(std::size_t thread) {
    std::uint64_t seen = 0;
    while (!is_closing_.load()) {
        std::uint64_t state = state_.load(std::memory_order_acquire);
        for (int turn = 0; turn < awake_turns && state / one_round == seen; ++turn) {
            pause();
            state = state_.load(std::memory_order_acquire);
        }
        if (state / one_round == seen) {
            state_.wait(state, std::memory_order_acquire);
            continue;
        }
        if (!join(seen)) continue;
        take_items(thread);
        state_.fetch_sub(1, std::memory_order_release);
    }
}

}  // namespace fabula::model::cpu
