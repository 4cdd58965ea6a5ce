// SPDX-License-Identifier: 0BSD
#include "store/test_database.h"

#include <gtest/gtest.h>

namespace fabula::store {

const char* name_of(DatabaseKind kind) {
    return kind == DatabaseKind::sqlite ? "sqlite" : "postgres";
}

std::vector<DatabaseKind> database_kinds() {
    return {DatabaseKind::sqlite};
}

TestDatabase::TestDatabase(DatabaseKind kind) : kind_(kind), address_(folder_.at("x.db")) {}

TestDatabase::~TestDatabase() = default;

Result<std::unique_ptr<Store>> TestDatabase::open(
    int wait_ms, const std::function<void(std::string_view)>& on_wait) const {
    return open_sqlite(address_, wait_ms, on_wait);
}

std::string TestDatabase::where() const {
    return address_;
}

void TestDatabase::run(const std::string& sql) const {
    EXPECT_EQ(fault_of(sql), "") << sql;
}

std::string TestDatabase::fault_of(const std::string& sql) const {
    return sql_fault(address_, sql);
}

}  // namespace fabula::store
