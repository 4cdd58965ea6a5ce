// SPDX-License-Identifier: 0BSD
#include "store/test_files.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cassert>
#include <fstream>
#include <sstream>

namespace fabula::store {

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
}

void write_bytes(const std::string& path, const std::string& bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << bytes;
    file.close();
    assert(file.good());
}

int started(const std::function<int()>& work) {
    const pid_t process = ::fork();
    assert(process >= 0);
    if (process == 0) ::_exit(work());
    return process;
}

int ended(int process) {
    int status = 0;
    const pid_t waited = ::waitpid(process, &status, 0);
    assert(waited == process);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string sql_fault(const std::string& path, const std::string& sql) {
    sqlite3* database = nullptr;
    const int opened = sqlite3_open(path.c_str(), &database);
    assert(opened == SQLITE_OK);
    char* message = nullptr;
    std::string fault;
    if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message) != SQLITE_OK) {
        fault = message != nullptr ? message : "unknown";
        sqlite3_free(message);
    }
    sqlite3_close(database);
    return fault;
}

void run_sql(const std::string& path, const std::string& sql) {
    const std::string fault = sql_fault(path, sql);
    assert(fault.empty());
}

}  // namespace fabula::store
