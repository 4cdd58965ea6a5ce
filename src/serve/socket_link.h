// SPDX-License-Identifier: 0BSD
// The link of a worker to the client of one connection. Every wait has an end: the deadline of the
// request, that of a write, or the server's.
#pragma once

#include "serve/connection.h"
#include "serve/link.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace fabula::serve {

/// What the links of a server share. Thread-safe.
struct Waits {
    std::chrono::milliseconds write_deadline{10000};
    std::size_t most_body_waits = 32;
    std::atomic<std::size_t> n_body_waits{0};
    std::atomic<bool> is_stopping{false};  // streams shall end
    std::atomic<bool> is_over{false};      // nothing is written any more
};

class SocketLink final : public Link {
public:
    /// `late`: when the request must be whole. Both arguments outlive this.
    SocketLink(Connection& connection, Waits& waits, SteadyTime late)
        : connection_(connection), waits_(waits), late_(late) {}
    SocketLink(const SocketLink&) = delete;
    SocketLink& operator=(const SocketLink&) = delete;
    ~SocketLink() override;

    std::string_view buffered() const override;
    void consume(std::size_t n) override;
    Filled fill() override;
    bool write(std::string_view bytes) override;
    bool begin_streaming() override;
    bool is_open() override;

    std::size_t n_written() const { return n_written_; }
    bool is_broken() const { return is_broken_; }

private:
    enum class Wait { readable, writable };
    bool wait(Wait what, SteadyTime until) const;
    bool flush();
    bool send_all(std::string_view bytes);
    bool wait_for_a_body();

    Connection& connection_;
    Waits& waits_;
    SteadyTime late_;
    std::size_t n_consumed_ = 0;
    std::size_t n_written_ = 0;
    bool is_streaming_ = false;
    bool is_broken_ = false;
    bool holds_a_body_wait_ = false;
};

/// How much longer than the deadline `n_bytes` may take: a second for each 16 KiB.
std::chrono::milliseconds time_to_send(std::size_t n_bytes);

}  // namespace fabula::serve
