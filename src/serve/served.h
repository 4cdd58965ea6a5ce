// SPDX-License-Identifier: 0BSD
// For tests: a server with a few routes, and what it logged.
//   GET /hello        {"hello":1}                 POST /echo     its body, at most 1000 bytes
//   GET /echo/{name}  name and query "q"          POST /nothing  204, asks for no body
//   GET /large        4 MiB                       GET /throws    std::bad_alloc
//   GET /waits        until let_go()              GET /events    an event each 10 ms; "bye" at the
//   end
#pragma once

#include "serve/http_server.h"
#include "serve/raw_client.h"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::serve {

constexpr std::size_t large_bytes = std::size_t{4} << 20;

class Served {
public:
    explicit Served(HttpOptions options = {});
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;
    ~Served();

    bool start();
    HttpServer& server() { return *server_; }
    int port() const { return server_->port(); }
    /// Sends the bytes over a new connection and reads one answer.
    std::string ask(std::string_view bytes) const;
    /// "GET /path HTTP/1.1" with Host and whatever headers, each with its CRLF.
    std::string get(std::string_view path, std::string_view headers = "") const;

    void let_go();
    /// Waits until `n` handlers of /waits, or of /events, run.
    void await_waiting(int n);
    int n_events_ended() const { return n_events_ended_; }
    std::vector<std::string> log();

private:
    Router router();
    Response wait();
    void stream(Stream& stream);
    void note(int change);

    std::mutex mutex_;
    std::condition_variable changed_;
    bool may_go_ = false;
    int n_waiting_ = 0;
    std::atomic<int> n_events_ended_{0};
    std::vector<std::string> log_;
    std::unique_ptr<HttpServer> server_;
};

}  // namespace fabula::serve
