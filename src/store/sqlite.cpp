// SPDX-License-Identifier: 0BSD
#include "store/sqlite_backend.h"
#include "store/store.h"

namespace fabula::store {

Result<std::unique_ptr<Store>> open_sqlite(const std::string& path, int wait_ms,
                                           const std::function<void(std::string_view)>& on_wait) {
    auto backend = SqliteBackend::open(path, {wait_ms, on_wait}, migrations());
    if (!backend) return backend.error();
    return make_store(std::move(*backend));
}

}  // namespace fabula::store
