// SPDX-License-Identifier: 0BSD
// Serves a table of routes over HTTP/1.1. Three kinds of threads: one ("front") accepts, waits for
// requests to arrive and for slow readers to take their answers; workers run handlers, one request
// at a time; `stop` is for whoever owns this. What somebody's slowness can hold is never a worker,
// but for streams and large bodies, of which only so many are let in.
#pragma once

#include "base/result.h"
#include "serve/access_log.h"
#include "serve/gate.h"
#include "serve/head.h"
#include "serve/http.h"

#include <chrono>
#include <cstddef>
#include <memory>

namespace fabula::serve {

struct HttpOptions {
    int port = 0;  // 0: any that is free
    Allowed allowed = {.host = "127.0.0.1", .hosts = {}, .origins = {}, .token = ""};
    HeadLimits head = {};
    std::size_t n_workers = 320;       // started when they are needed
    std::size_t most_streams = 256;    // 429 beyond
    std::size_t most_body_waits = 32;  // workers that wait for bodies; 503 beyond
    std::size_t most_unsent_bytes = std::size_t{256} << 20;  // of answers that nobody takes
    std::size_t most_connections = 960;  // beyond, the one that waits longest is closed
    std::chrono::milliseconds request_deadline{10000};  // from its first byte to its last
    std::chrono::milliseconds write_deadline{10000};    // and a second for each 16 KiB
    std::chrono::milliseconds idle_deadline{60000};     // between two requests
    LogSink log = {};
};

class HttpServer {
public:
    /// Requires most_streams + most_body_waits < n_workers: plain requests always find one.
    HttpServer(HttpOptions options, Router router);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    /// Stops without grace, but waits for handlers that run.
    ~HttpServer();

    /// Listens and serves from here on. Errors: the port is taken or the system's, the host is not
    /// this machine's. Call it once.
    Result<Unit> start();
    /// The port that is listened on; requires that start() succeeded.
    int port() const;

    /// Takes no more connections and requests. Streams are told (Stream::is_open), may write their
    /// last words within `grace`, and after it nothing is written. Returns when all handlers have.
    void stop(std::chrono::milliseconds grace);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fabula::serve
