// SPDX-License-Identifier: 0BSD
#include "store/test_database.h"

#include "store/test_files.h"

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace fabula::store {
namespace {

std::string server() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in the tests changes the environment
    const char* url = std::getenv("FABULA_TEST_POSTGRES");
    return url == nullptr ? "" : url;
}

/// The server's URL with another database.
std::string url_of(const std::string& database) {
    const std::string url = server();
    return url.substr(0, url.rfind('/') + 1) + database;
}

/// What PostgreSQL refuses `sql` with, on one line; "" when it does not.
std::string postgres_fault(const std::string& url, const std::string& sql) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()),
                                                                  &PQfinish);
    if (PQstatus(connection.get()) != CONNECTION_OK) return PQerrorMessage(connection.get());
    PQsetNoticeProcessor(
        connection.get(), [](void*, const char*) {}, nullptr);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexec(connection.get(), sql.c_str()), &PQclear);
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return "";
    return PQresultErrorMessage(result.get());
}

}  // namespace

const char* name_of(DatabaseKind kind) {
    return kind == DatabaseKind::sqlite ? "sqlite" : "postgres";
}

std::vector<DatabaseKind> database_kinds() {
    std::vector<DatabaseKind> kinds{DatabaseKind::sqlite};
    if (!server().empty()) kinds.push_back(DatabaseKind::postgres);
    return kinds;
}

TestDatabase::TestDatabase(DatabaseKind kind, const std::string& options) : kind_(kind) {
    static std::atomic<int> n_made = 0;
    if (kind_ == DatabaseKind::sqlite) {
        address_ = folder_.at("x.db");
        return;
    }
    name_ = "t" + std::to_string(::getpid()) + "_" + std::to_string(n_made++);
    address_ = url_of(name_);
    EXPECT_EQ(postgres_fault(server(), "create database " + name_ + " " + options), "");
}

TestDatabase::~TestDatabase() {
    if (name_.empty()) return;
    EXPECT_EQ(postgres_fault(server(), "drop database " + name_ + " with (force)"), "");
}

Result<std::unique_ptr<Store>> TestDatabase::open(
    int wait_ms, const std::function<void(std::string_view)>& on_wait) const {
    return open_store(address_, wait_ms, on_wait);
}

std::string TestDatabase::where() const {
    return shown_address(address_);
}

void TestDatabase::run(const std::string& sql) const {
    EXPECT_EQ(fault_of(sql), "") << sql;
}

std::string TestDatabase::fault_of(const std::string& sql) const {
    return kind_ == DatabaseKind::sqlite ? sql_fault(address_, sql) : postgres_fault(address_, sql);
}

}  // namespace fabula::store
