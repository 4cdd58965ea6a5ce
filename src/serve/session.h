// SPDX-License-Identifier: 0BSD
// How a browser comes to the cookie: POST /api/v1/session {"token"}.
#pragma once

#include "serve/http.h"

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>

namespace fabula::serve {

/// Counts wrong guesses, whoever makes them. Thread-safe; time is an argument.
class GuessLimit {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// At most `most` guesses in each `period`.
    GuessLimit(std::size_t most, std::chrono::seconds period) : most_(most), period_(period) {}

    /// Whether another guess may be looked at.
    bool is_open(Time now);
    void note_wrong_guess(Time now);

private:
    void forget_old(Time now);

    std::mutex mutex_;
    std::size_t most_;
    std::chrono::seconds period_;
    Time since_;
    std::size_t n_ = 0;
};

/// The route. 204 with the cookie for the right token, 401 for a wrong one, 429 after ten wrong
/// ones within a minute. An empty `token` means that none is asked for: 204 without a cookie. The
/// name of the schema of its body is "Session".
Route session_route(std::string token);

}  // namespace fabula::serve
