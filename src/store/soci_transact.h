// SPDX-License-Identifier: 0BSD
// How the queries run: in a transaction that is undone unless it is committed. Only for soci_*.cpp,
// since it sees SOCI.
#pragma once

#include "store/soci_store.h"

#include <soci/soci.h>

#include <exception>
#include <utility>

namespace fabula::store {

class Transaction {
public:
    /// That `backend` has begun.
    explicit Transaction(Backend& backend) : sql_(backend.session()) {}
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction() {
        if (!is_open_) return;
        try {
            sql_ << "rollback";
        } catch (const std::exception&) {
            // After a full disk or a broken one SQLite has rolled back by itself and says so here;
            // the failure that led to it is the one that the caller reports.
            is_open_ = false;
        }
    }

    void commit() {
        sql_ << "commit";
        is_open_ = false;
    }

private:
    soci::session& sql_;
    bool is_open_ = true;
};

template <typename T, typename Work>
Result<T> SociStore::transact(Access access, Work work) {
    try {
        if (auto begun = backend_->begin(access); !begun) return begun.error();
        Transaction transaction(*backend_);
        Result<T> result = work(backend_->session());
        if (result) transaction.commit();
        return result;
    } catch (const std::exception& failure) {
        return backend_->explain(failure);
    }
}

}  // namespace fabula::store
