// SPDX-License-Identifier: 0BSD
#include "serve/store_pool.h"

#include <chrono>
#include <utility>

namespace fabula::serve {

StorePool::Lease::~Lease() {
    if (store_) pool_->give_back(std::move(store_));
}

Result<StorePool::Lease> StorePool::take() {
    constexpr std::chrono::seconds patience{10};
    std::unique_lock lock(mutex_);
    const bool is_there =
        is_free_.wait_for(lock, patience, [&] { return !free_.empty() || n_open_ < most_; });
    if (!is_there)
        return Error{ErrorCode::unavailable, "the database is busy: all connections are in use"};
    if (!free_.empty()) {
        auto store = std::move(free_.back());
        free_.pop_back();
        return Lease(*this, std::move(store));
    }
    ++n_open_;
    lock.unlock();
    auto opened = open_();
    if (opened) return Lease(*this, *std::move(opened));
    lock.lock();
    --n_open_;
    is_free_.notify_one();
    return opened.error();
}

void StorePool::give_back(std::unique_ptr<store::Store> store) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(store));
    is_free_.notify_one();
}

}  // namespace fabula::serve
