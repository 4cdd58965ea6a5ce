// SPDX-License-Identifier: 0BSD
// HTTP exchanges, several at once, on the thread that asks: what was begun moves on while somebody
// is in `run`. No redirect is followed, so that a key goes to the host that was named and to no
// other; nothing larger or slower than was allowed is taken. Knows bytes, not what they mean.
//
// Threads: one at a time.
#pragma once

#include "base/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fabula::model {

struct HttpRequest {
    std::string url;
    std::string body;                  // of a POST; "" asks with GET
    bool is_head = false;              // asks with HEAD
    std::vector<std::string> headers;  // "Accept: text/event-stream"
    std::string key;                   // as "Authorization: Bearer KEY"; "" for none
    int connect_ms = 10'000;
    int idle_ms = 60'000;                           // longest without a byte
    int total_ms = 300'000;                         // for the whole exchange; 0: no limit
    std::size_t most_bytes = std::size_t{8} << 20;  // of the answer
};

/// What stands before the body of an answer.
struct HttpHead {
    int status = 0;                              // 0 where none came
    std::map<std::string, std::string> headers;  // by their names in lower case

    /// "" where there is none.
    std::string header(const std::string& name) const;
};

/// How an exchange ended, beside its status.
enum class HttpFault {
    none,         // the whole answer came
    address,      // the URL is none of http or https
    unreachable,  // no connection: nothing was asked
    timed_out,    // idle or total
    broken,       // the connection ended before the answer did
    too_large,
    refused  // who takes the bytes wanted no more
};

struct HttpEnded {
    std::size_t id = 0;
    HttpHead head;
    HttpFault fault = HttpFault::none;
    std::string message;            // of the fault, without address; "" for none
    double first_byte_seconds = 0;  // of the body; 0 where none came
    double seconds = 0;
};

class Transfers {
public:
    /// Takes bytes of the body as they come, with the head of the answer; false ends the exchange.
    /// It must not begin or cancel exchanges.
    using Take = std::function<bool(const HttpHead& head, std::string_view bytes)>;

    Transfers();
    ~Transfers();
    Transfers(const Transfers&) = delete;
    Transfers& operator=(const Transfers&) = delete;

    /// Begins an exchange; `run` moves it. Returns its id, never given twice. Errors: invalid_input
    /// (no URL of http or https, a line break in a header), unavailable.
    Result<std::size_t> begin(HttpRequest request, Take take);

    /// Ends an exchange, whose id is not heard of again.
    void cancel(std::size_t id);

    std::size_t n_open() const;

    /// Moves what was begun until something ended, `most` passed or a stop is asked for. Returns
    /// those that ended.
    std::vector<HttpEnded> run(std::chrono::milliseconds most, const std::stop_token& stop);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// One exchange, to its end, with its body. Errors: as Transfers::begin; unavailable when stopped.
struct HttpAnswer {
    HttpEnded ended;
    std::string body;
};
Result<HttpAnswer> exchange(HttpRequest request, const std::stop_token& stop = {});

}  // namespace fabula::model
