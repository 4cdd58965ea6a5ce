// SPDX-License-Identifier: 0BSD
#include "app/serve_logs.h"

#include "app/terminal.h"

#include <iostream>
#include <mutex>

namespace fabula::app {
namespace {

void write_line(std::string_view line) {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    std::cerr << line << std::endl;
}

}  // namespace

void log_access(std::string_view line) {
    write_line(line);
}

void log_trouble(const std::string& line) {
    write_line("fabula: " + printable_line(line));
}

}  // namespace fabula::app
