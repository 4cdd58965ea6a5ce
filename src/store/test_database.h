// SPDX-License-Identifier: 0BSD
// For tests: an empty database of each kind that can be had here, which goes away afterwards.
#pragma once

#include "base/scratch_folder.h"
#include "store/store.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::store {

enum class DatabaseKind { sqlite, postgres };
const char* name_of(DatabaseKind kind);

/// SQLite, and PostgreSQL where $FABULA_TEST_POSTGRES names a server ("postgresql://...").
std::vector<DatabaseKind> database_kinds();

class TestDatabase {
public:
    /// `options`: behind PostgreSQL's `create database NAME`.
    explicit TestDatabase(DatabaseKind kind, const std::string& options = "");
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;
    ~TestDatabase();

    Result<std::unique_ptr<Store>> open(
        int wait_ms = 10000, const std::function<void(std::string_view)>& on_wait = {}) const;

    /// What messages call it.
    std::string where() const;
    /// What it is opened by: a path, or a URL.
    const std::string& address() const { return address_; }

    /// SQL past the store. Requires success.
    void run(const std::string& sql) const;
    /// What the database refuses `sql` with; "" when it does not.
    std::string fault_of(const std::string& sql) const;

private:
    DatabaseKind kind_;
    ScratchFolder folder_;
    std::string name_;  // of the database on its server; "" for a file
    std::string address_;
};

}  // namespace fabula::store
