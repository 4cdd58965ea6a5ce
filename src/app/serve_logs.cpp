// SPDX-License-Identifier: 0BSD
#include "app/serve_logs.h"

#include "app/terminal.h"

#include <iostream>
#include <mutex>

namespace fabula::app {
namespace {

void write_line(const std::string& line) {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    std::cerr << line << std::endl;
}

}  // namespace

void log_access(const serve::AccessRecord& record) {
    write_line(serve::line_of(record, now()));
}

void log_trouble(const std::string& line) {
    write_line("fabula: " + printable_line(line));
}

}  // namespace fabula::app
