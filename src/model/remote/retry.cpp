// SPDX-License-Identifier: 0BSD
#include "model/remote/retry.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace fabula::model {

bool is_passing(const HttpEnded& ended) {
    switch (ended.fault) {
        case HttpFault::unreachable:
        case HttpFault::timed_out:
        case HttpFault::broken:
            return true;
        case HttpFault::address:
        case HttpFault::too_large:
        case HttpFault::refused:
            return false;
        case HttpFault::none:
            break;
    }
    const int status = ended.head.status;
    if (status == 408 || status == 425 || status == 429) return true;
    return status >= 500 && status != 501 && status != 505;
}

std::optional<std::chrono::milliseconds> retry_after(std::string_view header, double now) {
    if (header.empty()) return std::nullopt;
    double seconds = 0;
    const auto [end, failure] =
        std::from_chars(header.data(), header.data() + header.size(), seconds);
    const bool is_number = failure == std::errc() && end == header.data() + header.size();
    if (!is_number) {
        const auto date = curl_getdate(std::string(header).c_str(), nullptr);
        if (date == -1) return std::nullopt;
        seconds = static_cast<double>(date) - now;
    }
    if (!std::isfinite(seconds)) return std::nullopt;
    constexpr double most = 1e6;  // two weeks: longer than anybody waits
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(std::clamp(seconds, 0.0, most) * 1000));
}

std::chrono::milliseconds backoff(std::size_t attempt, const Rng& numbers,
                                  std::optional<std::chrono::milliseconds> asked) {
    constexpr double first_ms = 500;
    constexpr double most_ms = 30'000;
    const double whole = std::min(
        most_ms,
        first_ms *
            std::pow(2.0, static_cast<double>(
                              std::min<std::size_t>(std::max<std::size_t>(attempt, 1), 16) - 1)));
    const double share = 0.5 + 0.5 * numbers.uniform(attempt);
    const std::chrono::milliseconds wait(static_cast<std::int64_t>(whole * share));
    return asked ? std::max(wait, *asked) : wait;
}

}  // namespace fabula::model
