// SPDX-License-Identifier: 0BSD
#include "store/postgres_backend.h"
#include "store/store.h"

namespace fabula::store {

Result<std::unique_ptr<Store>> open_postgres(const std::string& url, int wait_ms,
                                             const std::function<void(std::string_view)>& on_wait) {
    auto backend = PostgresBackend::open(url, {wait_ms, on_wait}, migrations());
    if (!backend) return backend.error();
    return make_store(std::move(*backend));
}

Result<bool> has_stories_tables(const std::string& url, int wait_ms) {
    const auto version = PostgresBackend::version_of(url, wait_ms);
    if (!version) return version.error();
    return *version > 0;
}

Result<std::unique_ptr<Store>> open_store(const std::string& where, int wait_ms,
                                          const std::function<void(std::string_view)>& on_wait) {
    return is_postgres(where) ? open_postgres(where, wait_ms, on_wait)
                              : open_sqlite(where, wait_ms, on_wait);
}

}  // namespace fabula::store
