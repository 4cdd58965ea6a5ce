// SPDX-License-Identifier: 0BSD
// One request and its answer over a link: read and written by the library, let in by the gate,
// answered by the route's handler. Knows no socket and starts no thread; each worker has its own.
#pragma once

#include "serve/gate.h"
#include "serve/http.h"
#include "serve/link.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace fabula::serve {

/// What all exchanges of a server share.
struct House {
    Router router = {};
    Allowed allowed = {};
    std::size_t most_streams = 256;
    int idle_seconds = 60;      // as told to clients that keep a connection
    std::string run_name = {};  // begins each request's id
    std::atomic<std::size_t> n_streams{0};
    std::atomic<std::uint64_t> n_requests{0};
};

class Exchange {
public:
    /// `house` outlives this.
    explicit Exchange(House& house);
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    ~Exchange();

    struct Outcome {
        int status = 0;  // 0: no request came
        std::string id = {};
        std::string method = {};
        std::string route = {};  // its pattern
        bool keeps_connection = false;
    };

    enum class Next { keep, close };
    /// Reads one request from the link and answers it; `next`: what to do with the connection then,
    /// unless the client or an error wants it closed. Never throws.
    Outcome answer(Link& link, Next next);

private:
    class Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace fabula::serve
