// SPDX-License-Identifier: 0BSD
// For tests: bytes of files, SQL past the store, and processes beside the test.
#pragma once

#include <functional>
#include <string>

namespace fabula::store {

std::string bytes_of(const std::string& path);  // "" when there is no such file
void write_bytes(const std::string& path, const std::string& bytes);

/// Runs `work` in a process of its own; its id. What `work` returns is the exit status.
int started(const std::function<int()>& work);
/// The exit status of that process, or 128 and the signal that ended it.
int ended(int process);

/// SQL on the file, past the store. Requires success.
void run_sql(const std::string& path, const std::string& sql);
/// The message that SQLite refuses `sql` with; "" when it does not.
std::string sql_fault(const std::string& path, const std::string& sql);

}  // namespace fabula::store
