// SPDX-License-Identifier: 0BSD
#include "app/progress.h"

#include "app/terminal.h"
#include "base/width.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace fabula::app {
namespace {

using Clock = std::chrono::steady_clock;

std::string time_left(double seconds) {
    if (seconds < 90) return fmt::format("{:.0f} s left", seconds);
    return fmt::format("{:.0f} min left", seconds / 60);
}

}  // namespace

Progress::Progress(std::string what, double total, std::string unit)
    : what_(std::move(what)),
      total_(total),
      unit_(std::move(unit)),
      is_terminal_(is_terminal(2)),
      start_(Clock::now()),
      drawn_(start_) {}

void Progress::update(double done) {
    if (!is_terminal_) return;
    const auto now = Clock::now();
    const double elapsed = std::chrono::duration<double>(now - start_).count();
    if (elapsed < 0.5 || now - drawn_ < std::chrono::milliseconds(100)) return;
    drawn_ = now;
    std::string line = what_ + " " + fmt::format("{:3.0f} %", 100 * done / total_);
    if (!unit_.empty()) line += fmt::format("  {:.0f} of {:.0f} {}", done, total_, unit_);
    if (done > 0) {
        const double rate = done / elapsed;
        if (!unit_.empty())
            line += rate < 1 ? fmt::format("  {:.1f} {}/min", 60 * rate, unit_)
                             : fmt::format("  {:.1f} {}/s", rate, unit_);
        line += "  " + time_left(elapsed * (total_ - done) / done);
    }
    std::cerr << "\r\033[K" << first_columns(line, columns(2) - 1) << std::flush;
    is_shown_ = true;
}

void Progress::clear() {
    if (is_shown_) std::cerr << "\r\033[K" << std::flush;
    is_shown_ = false;
}

}  // namespace fabula::app
