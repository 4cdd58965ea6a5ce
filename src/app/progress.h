// SPDX-License-Identifier: 0BSD
// One line on stderr for work that takes more than a second: what, how much of it, the rate, the
// time left. Silent where stderr is no terminal.
#pragma once

#include <chrono>
#include <string>

namespace fabula::app {

class Progress {
public:
    /// `unit`: what is counted, such as "MB" or "stories"; "" shows a share alone.
    Progress(std::string what, double total, std::string unit);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress() { clear(); }

    /// `done` of `total`. Draws at most ten times a second, and not in the first half second.
    void update(double done);
    /// Takes the line off the screen.
    void clear();

private:
    std::string what_;
    double total_;
    std::string unit_;
    bool is_shown_ = false;
    bool is_terminal_;
    std::chrono::steady_clock::time_point start_;
    std::chrono::steady_clock::time_point drawn_;
};

}  // namespace fabula::app
