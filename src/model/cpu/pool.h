// SPDX-License-Identifier: 0BSD
// The decoder's threads. The calling thread is one of them; the others wait for it, first awake and
// then asleep, so that a machine with other work is not spun dry.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <type_traits>
#include <vector>

namespace fabula::model::cpu {

class Pool {
public:
    /// `n_threads`, the caller among them; at least 1.
    explicit Pool(std::size_t n_threads);
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool();

    std::size_t size() const { return workers_.size() + 1; }

    /// Calls work(item, thread) once for each item in [0, n_items), in any order and on any thread
    /// (0 is the caller), and returns when all are done. Each thread begins with a share of its
    /// own, the same in each call, and then helps the others. `work` must not throw, nor call the
    /// pool.
    template <typename Work>
    void each(std::size_t n_items, Work&& work) {
        if (workers_.empty() || n_items <= 1) {
            for (std::size_t item = 0; item < n_items; ++item)
                work(item, std::size_t{0});
            return;
        }
        using Plain = std::remove_reference_t<Work>;
        Job job;
        job.n_items = n_items;
        job.call = [](const void* data, std::size_t item, std::size_t thread) {
            (*const_cast<Plain*>(static_cast<const Plain*>(data)))(item, thread);
        };
        job.data = &work;
        run(job);
    }

private:
    struct Job {
        std::size_t n_items = 0;
        void (*call)(const void*, std::size_t, std::size_t) = nullptr;
        const void* data = nullptr;
    };

    // Items that a thread begins with.
    struct alignas(64) Share {
        std::atomic<std::size_t> next{0};
        std::size_t end = 0;
    };

    void run(const Job& job);
    void take_items(std::size_t thread);
    void serve(std::size_t thread);

    // A round is open from the start of a job until its items are given out: while it is, workers
    // may join it, and the caller waits only for those that did. A worker that the system has put
    // aside holds up nobody.
    static constexpr std::uint64_t open_bit = std::uint64_t{1} << 31U;
    static constexpr std::uint64_t active_bits = open_bit - 1;
    static constexpr std::uint64_t one_round = open_bit << 1U;
    bool join(std::uint64_t& seen);

    Job job_;
    alignas(64) std::atomic<std::uint64_t> state_{0};  // number of the round, open, workers in it
    std::vector<Share> shares_;                        // of each thread
    std::atomic<bool> is_closing_{false};
    std::vector<std::jthread> workers_;
};

}  // namespace fabula::model::cpu
