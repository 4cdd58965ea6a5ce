// SPDX-License-Identifier: 0BSD
#include "serve/socket_link.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace fabula::serve {

namespace {

using std::chrono::milliseconds;

// How often a wait looks whether the server ends.
constexpr milliseconds slice{100};

bool would_block(int number) {
    return number == EAGAIN || number == EINTR;
}

}  // namespace

milliseconds time_to_send(std::size_t n_bytes) {
    return milliseconds(static_cast<milliseconds::rep>(n_bytes / 16));
}

SocketLink::~SocketLink() {
    if (holds_a_body_wait_) --waits_.n_body_waits;
    connection_.in.erase(0, n_consumed_);
}

std::string_view SocketLink::buffered() const {
    return std::string_view(connection_.in).substr(n_consumed_);
}

void SocketLink::consume(std::size_t n) {
    n_consumed_ += n;
}

bool SocketLink::wait(Wait what, SteadyTime until) const {
    const short events = what == Wait::readable ? POLLIN : POLLOUT;
    while (!waits_.is_over) {
        const auto left = std::chrono::ceil<milliseconds>(until - SteadyTime::clock::now());
        if (left <= milliseconds::zero()) return false;
        pollfd socket{connection_.socket.number(), events, 0};
        if (::poll(&socket, 1, static_cast<int>(std::min(left, slice).count())) > 0) return true;
    }
    return false;
}

bool SocketLink::wait_for_a_body() {
    if (holds_a_body_wait_) return true;
    if (++waits_.n_body_waits > waits_.most_body_waits) {
        --waits_.n_body_waits;
        return false;
    }
    holds_a_body_wait_ = true;
    return true;
}

Link::Filled SocketLink::fill() {
    std::array<char, 16384> bytes{};
    while (!is_broken_) {
        const auto n = ::recv(connection_.socket.number(), bytes.data(), bytes.size(), 0);
        if (n > 0) {
            connection_.in.erase(0, n_consumed_);
            n_consumed_ = 0;
            connection_.in.append(bytes.data(), static_cast<std::size_t>(n));
            return Filled::more;
        }
        if (n == 0 || !would_block(errno)) break;
        // "100 Continue" is among what was kept: the client waits for it.
        if (!flush()) break;
        if (!wait_for_a_body()) return Filled::refused;
        if (!wait(Wait::readable, late_)) return Filled::late;
    }
    connection_.has_ended = true;
    return Filled::ended;
}

bool SocketLink::write(std::string_view bytes) {
    if (is_broken_) return false;
    n_written_ += bytes.size();
    if (is_streaming_) return send_all(bytes);
    connection_.out += bytes;
    return true;
}

bool SocketLink::begin_streaming() {
    is_streaming_ = true;
    return flush();
}

bool SocketLink::flush() {
    const bool is_sent = send_all(connection_.out);
    connection_.out.clear();
    return is_sent;
}

bool SocketLink::send_all(std::string_view bytes) {
    const auto until =
        SteadyTime::clock::now() + waits_.write_deadline + time_to_send(bytes.size());
    while (!bytes.empty() && !is_broken_) {
        const auto n =
            ::send(connection_.socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(n));
        else if (!would_block(errno) || !wait(Wait::writable, until))
            is_broken_ = true;
    }
    return !is_broken_ && !waits_.is_over;
}

bool SocketLink::is_open() {
    if (is_broken_ || waits_.is_stopping) return false;
    char byte = 0;
    const auto n = ::recv(connection_.socket.number(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n > 0 || (n < 0 && would_block(errno));
}

}  // namespace fabula::serve
