// SPDX-License-Identifier: 0BSD
// Several connections to one database, since one thread at a time uses a Store.
//
// Threads: any.
#pragma once

#include "base/result.h"
#include "store/store.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace fabula::serve {

using OpenStore = std::function<Result<std::unique_ptr<store::Store>>()>;

class StorePool {
public:
    /// At most `most` are open at once; they are opened when they are needed.
    StorePool(OpenStore open, std::size_t most) : open_(std::move(open)), most_(most) {}

    /// One for the caller alone, given back when it is destroyed.
    class Lease {
    public:
        Lease(StorePool& pool, std::unique_ptr<store::Store> store)
            : pool_(&pool), store_(std::move(store)) {}
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        Lease(Lease&& other) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease();

        store::Store& operator*() const { return *store_; }
        store::Store* operator->() const { return store_.get(); }

    private:
        StorePool* pool_;
        std::unique_ptr<store::Store> store_;
    };
    /// Waits until one is free. Errors: those of opening; unavailable after ten seconds.
    Result<Lease> take();

private:
    void give_back(std::unique_ptr<store::Store> store);

    const OpenStore open_;
    const std::size_t most_;
    std::mutex mutex_;
    std::condition_variable is_free_;
    std::vector<std::unique_ptr<store::Store>> free_;
    std::size_t n_open_ = 0;
};

}  // namespace fabula::serve
