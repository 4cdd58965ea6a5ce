// SPDX-License-Identifier: 0BSD
// The servers that one model is asked of: where they are, how much each should get, and which of
// them are out of order. Pure: time is an argument.
#pragma once

#include "base/result.h"
#include "model/remote/answer.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

/// A server as a person names it: URL[,weight=N][,key=VARIABLE].
struct Endpoint {
    std::string url;       // without a slash at the end, and without the name of a route
    double weight = 1;     // its share of the requests among those that are in order; above 0
    std::string variable;  // the environment variable with its key; "": the usual one
};

/// Reads that form. `api` decides what an address without a path means: OpenAI's routes are below
/// /v1. Errors: invalid_input (no address of http or https, user or password in it, a weight that
/// is none, an option that nobody knows).
Result<Endpoint> endpoint_named(std::string_view text, RemoteApi api);

/// "https://name:port" of an address, in lower case, the port always named; "" for none.
std::string origin_of(std::string_view url);
/// "name" of an address, in lower case, without port; "" for none.
std::string host_of(std::string_view url);
/// Whether the address is on this machine.
bool is_loopback_url(std::string_view url);

/// Who gets the next request: smooth weighted round robin over those that are in order.
class Balance {
public:
    using Clock = std::chrono::steady_clock;

    explicit Balance(std::span<const Endpoint> endpoints);

    /// The next one, or nothing where all are set aside at `now`. The same calls give the same
    /// answers.
    std::optional<std::size_t> next(Clock::time_point now);

    /// It answered: it is in order.
    void praise(std::size_t endpoint);
    /// It failed, and is set aside until then.
    void set_aside(std::size_t endpoint, Clock::time_point until);

    /// When the first of them is back; `now` where one is in order.
    Clock::time_point first_back(Clock::time_point now) const;
    /// Failures in a row.
    std::size_t n_failures(std::size_t endpoint) const { return each_[endpoint].n_failures; }

private:
    struct Each {
        double weight = 1;
        double turn = 0;
        std::size_t n_failures = 0;
        Clock::time_point back{};
    };
    std::vector<Each> each_;
};

}  // namespace fabula::model
