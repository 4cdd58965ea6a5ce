// SPDX-License-Identifier: 0BSD
#include "base/clock.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace fabula {

Timestamp now() {
    using std::chrono::milliseconds;
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<Timestamp>(std::chrono::duration_cast<milliseconds>(since).count());
}

std::string to_iso8601(Timestamp time) {
    const auto total = static_cast<std::int64_t>(time);
    std::int64_t seconds = total / 1000;
    std::int64_t rest = total % 1000;
    if (rest < 0) {
        rest += 1000;
        --seconds;
    }
    const auto clock = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&clock, &parts);
    std::array<char, 40> text{};
    const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::array<char, 8> tail{};
    std::snprintf(tail.data(), tail.size(), ".%03dZ", static_cast<int>(rest));
    return std::string(text.data(), length) + tail.data();
}

}  // namespace fabula
