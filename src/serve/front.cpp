// SPDX-License-Identifier: 0BSD
#include "serve/front.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace fabula::serve {

namespace {

using std::chrono::milliseconds;

// How long a client whose connection is closed may go on sending.
constexpr milliseconds drain_time{1000};
constexpr milliseconds longest_poll{1000};
constexpr milliseconds pause_without_descriptors{100};
constexpr std::size_t most_requests_of_a_connection = 1000;

SteadyTime clock_now() {
    return SteadyTime::clock::now();
}

std::string words_of(const sockaddr_storage& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET6) {
        sockaddr_in6 six{};
        std::memcpy(&six, &address, sizeof six);
        ::inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
    } else {
        sockaddr_in four{};
        std::memcpy(&four, &address, sizeof four);
        ::inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
    }
    return text.data();
}

// What the front answers itself: there is no worker, or nothing that a worker could read.
Response answer_of(int status) {
    switch (status) {
        case 408:
            return error_response(408, "timeout", "the request did not arrive in time");
        case 431:
            return error_response(431, "too_many_headers", "the headers are too large");
        case 503:
            return error_response(503, "unavailable", "the server is busy; try again");
        default:
            return error_response(400, "invalid_input", "the request is not HTTP");
    }
}

const char* reason_of(int status) {
    switch (status) {
        case 408:
            return "Request Timeout";
        case 431:
            return "Request Header Fields Too Large";
        case 503:
            return "Service Unavailable";
        default:
            return "Bad Request";
    }
}

std::string bytes_of(const Response& response) {
    std::string bytes =
        "HTTP/1.1 " + std::to_string(response.status) + " " + reason_of(response.status) + "\r\n";
    const auto add = [&](const std::string& name, const std::string& value) {
        bytes += name + ": " + value + "\r\n";
    };
    add("Connection", "close");
    add("Content-Length", std::to_string(response.body.size()));
    add("Content-Type", response.content_type);
    add("Cache-Control", "no-store");
    for (const auto& [name, value] : response.headers)
        add(name, value);
    for (const auto& [name, value] : security_headers())
        add(name, value);
    return bytes + "\r\n" + response.body;
}

short events_of(Phase phase) {
    return phase == Phase::sending ? POLLOUT : POLLIN;
}

}  // namespace

Front::Front(const HttpOptions& options, House& house, Listener listener)
    : options_(options),
      house_(house),
      listener_(std::move(listener)),
      workers_(options.n_workers) {
    waits_.write_deadline = options.write_deadline;
    waits_.most_body_waits = options.most_body_waits;
}

Result<Unit> Front::start() {
    bell_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!bell_.is_open())
        return Error{ErrorCode::unavailable, "server: " + std::generic_category().message(errno)};
    thread_ = std::thread([this] { run(); });
    return Unit{};
}

void Front::stop(milliseconds grace) {
    {
        const std::scoped_lock lock(mutex_);
        over_at_ = std::min(over_at_, clock_now() + grace);
    }
    waits_.is_stopping = true;
    wake();
    if (thread_.joinable()) thread_.join();
    workers_.join();
}

void Front::wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(bell_.number(), &one, sizeof one);
}

void Front::run() {
    while (!is_done())
        poll_once();
    waiting_.clear();
    listener_.socket.close();
}

bool Front::is_done() {
    if (!waits_.is_stopping) return false;
    listener_.socket.close();
    close_waiting();
    const std::scoped_lock lock(mutex_);
    if (clock_now() >= over_at_) waits_.is_over = true;
    if (n_answering_ > 0 || !answered_.empty()) return false;
    return waits_.is_over || waiting_.empty();
}

void Front::close_waiting() {
    const auto of_no_request = [](const Held& connection) {
        return connection->phase == Phase::idle || connection->phase == Phase::receiving;
    };
    waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(), of_no_request), waiting_.end());
}

void Front::poll_once() {
    const auto now = clock_now();
    auto wakes_at = now + longest_poll;
    std::vector<pollfd> sockets;
    sockets.reserve(waiting_.size() + 2);
    sockets.push_back({bell_.number(), POLLIN, 0});
    const bool accepts = listener_.socket.is_open() && now >= accepts_again_;
    sockets.push_back({accepts ? listener_.socket.number() : -1, POLLIN, 0});
    if (!accepts && accepts_again_ > now) wakes_at = std::min(wakes_at, accepts_again_);
    for (const Held& connection : waiting_) {
        sockets.push_back({connection->socket.number(), events_of(connection->phase), 0});
        wakes_at = std::min(wakes_at, connection->deadline);
    }
    if (waits_.is_stopping && !waits_.is_over) {
        const std::scoped_lock lock(mutex_);
        wakes_at = std::min(wakes_at, over_at_);
    }
    const auto left = std::chrono::ceil<milliseconds>(std::max(wakes_at, now) - now);
    ::poll(sockets.data(), sockets.size(), static_cast<int>(left.count()));
    std::vector<Held> staying;
    staying.reserve(waiting_.size());
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
        if (look_at(waiting_[i], sockets[i + 2].revents) == Fate::stays)
            staying.push_back(std::move(waiting_[i]));
    }
    waiting_ = std::move(staying);
    std::uint64_t n_rings = 0;
    [[maybe_unused]] const auto n = ::read(bell_.number(), &n_rings, sizeof n_rings);
    take_back();
    if ((sockets[1].revents & POLLIN) != 0) accept_all();
}

void Front::take_back() {
    std::vector<Held> back;
    {
        const std::scoped_lock lock(mutex_);
        back.swap(answered_);
    }
    for (Held& connection : back) {
        if (send_rest(connection) == Fate::stays) waiting_.push_back(std::move(connection));
    }
    if (!back.empty()) keep_to_budget();
}

void Front::accept_all() {
    // A bound, so that a flood of connections does not keep the others waiting.
    for (int i = 0; i < 64; ++i) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        FileDescriptor socket(::accept4(listener_.socket.number(),
                                        reinterpret_cast<sockaddr*>(&address), &size,
                                        SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket.is_open()) {
            const bool lacks = errno == EMFILE || errno == ENFILE;
            if (lacks && drop_oldest(Phase::idle)) continue;
            if (lacks || errno == ENOBUFS || errno == ENOMEM)
                accepts_again_ = clock_now() + pause_without_descriptors;
            return;
        }
        const int on = 1;
        ::setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        make_room();
        auto connection = std::make_unique<Connection>();
        connection->socket = std::move(socket);
        connection->remote = words_of(address);
        connection->deadline = clock_now() + options_.request_deadline;
        waiting_.push_back(std::move(connection));
    }
}

// Somebody who came and says nothing does not keep others out.
void Front::make_room() {
    if (waiting_.size() < options_.most_connections) return;
    const auto oldest = std::min_element(
        waiting_.begin(), waiting_.end(),
        [](const Held& one, const Held& other) { return one->deadline < other->deadline; });
    waiting_.erase(oldest);
}

// Of those in that phase the one whose time is over first. False: there is none.
bool Front::drop_oldest(Phase phase) {
    auto oldest = waiting_.end();
    for (auto each = waiting_.begin(); each != waiting_.end(); ++each) {
        if ((*each)->phase != phase) continue;
        if (oldest == waiting_.end() || (*each)->deadline < (*oldest)->deadline) oldest = each;
    }
    if (oldest == waiting_.end()) return false;
    waiting_.erase(oldest);
    return true;
}

// Answers that nobody takes do not fill the memory: the one that waits longest goes first.
void Front::keep_to_budget() {
    const auto unsent = [&] {
        std::size_t sum = 0;
        for (const Held& connection : waiting_)
            sum += connection->out.size();
        return sum;
    };
    while (unsent() > options_.most_unsent_bytes && drop_oldest(Phase::sending)) {
    }
}

Front::Fate Front::look_at(Held& connection, short events) {
    if (events == 0) return clock_now() < connection->deadline ? Fate::stays : be_late(connection);
    switch (connection->phase) {
        case Phase::idle:
        case Phase::receiving:
            return receive(connection);
        case Phase::sending:
            return send_rest(connection);
        case Phase::draining:
            return drain(connection);
    }
    return Fate::gone;
}

Front::Fate Front::be_late(Held& connection) {
    return connection->phase == Phase::receiving ? refuse(connection, 408) : Fate::gone;
}

Front::Fate Front::receive(Held& connection) {
    if (clock_now() >= connection->deadline) return be_late(connection);
    std::array<char, 16384> bytes{};
    const auto n = ::recv(connection->socket.number(), bytes.data(), bytes.size(), 0);
    if (n < 0) return errno == EAGAIN || errno == EINTR ? Fate::stays : Fate::gone;
    if (n == 0) return Fate::gone;
    connection->in.append(bytes.data(), static_cast<std::size_t>(n));
    return judge(connection);
}

// Requires that something of a request is there.
Front::Fate Front::judge(Held& connection) {
    if (connection->phase == Phase::idle) {
        connection->phase = Phase::receiving;
        connection->began = clock_now();
        connection->deadline = connection->began + options_.request_deadline;
    }
    switch (state_of_head(connection->in, options_.head)) {
        case HeadState::waits:
            return Fate::stays;
        case HeadState::ready:
            return hand_over(connection);
        case HeadState::too_large:
            return refuse(connection, 431);
        case HeadState::malformed:
            return refuse(connection, 400);
    }
    return Fate::gone;
}

Front::Fate Front::hand_over(Held& connection) {
    {
        const std::scoped_lock lock(mutex_);
        ++n_answering_;
    }
    Connection* handed = connection.release();
    if (workers_.submit([this, handed] { work(Held(handed)); })) return Fate::gone;
    connection.reset(handed);
    {
        const std::scoped_lock lock(mutex_);
        --n_answering_;
    }
    return refuse(connection, 503);
}

// Answers without a worker, and closes.
Front::Fate Front::refuse(Held& connection, int status) {
    AccessRecord record;
    record.id = house_.run_name + "-" + std::to_string(++house_.n_requests);
    connection->out = bytes_of(answer_of(status));
    connection->keeps_connection = false;
    record.status = status;
    record.n_bytes = connection->out.size();
    record.milliseconds =
        std::chrono::duration_cast<milliseconds>(clock_now() - connection->began).count();
    record.remote = connection->remote;
    log(record);
    return send_rest(connection);
}

Front::Fate Front::send_rest(Held& connection) {
    while (connection->n_sent < connection->out.size()) {
        const auto n =
            ::send(connection->socket.number(), connection->out.data() + connection->n_sent,
                   connection->out.size() - connection->n_sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno != EAGAIN) return Fate::gone;
        if (n < 0) {
            if (connection->phase != Phase::sending)
                connection->deadline =
                    clock_now() + options_.write_deadline + time_to_send(connection->out.size());
            connection->phase = Phase::sending;
            return clock_now() < connection->deadline ? Fate::stays : Fate::gone;
        }
        connection->n_sent += static_cast<std::size_t>(n);
    }
    connection->out = std::string();
    connection->n_sent = 0;
    if (connection->has_ended) return Fate::gone;
    if (connection->keeps_connection && !waits_.is_stopping) {
        connection->phase = Phase::idle;
        connection->deadline = clock_now() + options_.idle_deadline;
        return connection->in.empty() ? Fate::stays : judge(connection);
    }
    // Closing at once would take the answer away from a client that is still sending.
    ::shutdown(connection->socket.number(), SHUT_WR);
    connection->in = std::string();
    connection->phase = Phase::draining;
    connection->deadline = clock_now() + drain_time;
    return drain(connection);
}

Front::Fate Front::drain(const Held& connection) const {
    std::array<char, 16384> bytes{};
    for (int i = 0; i < 16; ++i) {
        const auto n = ::recv(connection->socket.number(), bytes.data(), bytes.size(), 0);
        if (n < 0 && errno == EAGAIN) break;
        if (n <= 0) return Fate::gone;
    }
    return clock_now() < connection->deadline ? Fate::stays : Fate::gone;
}

// The top of a worker's work: where memory ended outside of the exchange, the client is let down
// and nobody else.
void Front::work(Held connection) {
    try {
        answer(std::move(connection));
    } catch (const std::exception&) {
        {
            const std::scoped_lock lock(mutex_);
            --n_answering_;
        }
        wake();
    }
}

void Front::answer(Held connection) {
    const auto began = clock_now();
    auto exchange = take_exchange();
    AccessRecord record;
    record.remote = connection->remote;
    {
        SocketLink link(*connection, waits_, connection->began + options_.request_deadline);
        const bool is_last =
            waits_.is_stopping || ++connection->n_requests >= most_requests_of_a_connection;
        auto outcome =
            exchange->answer(link, is_last ? Exchange::Next::close : Exchange::Next::keep);
        connection->keeps_connection = outcome.keeps_connection && !link.is_broken();
        connection->has_ended = connection->has_ended || link.is_broken();
        record.id = std::move(outcome.id);
        record.method = std::move(outcome.method);
        record.route = std::move(outcome.route);
        record.status = outcome.status;
        record.n_bytes = link.n_written();
    }
    record.milliseconds = std::chrono::duration_cast<milliseconds>(clock_now() - began).count();
    if (record.status != 0) log(record);
    give_back(std::move(connection), std::move(exchange));
}

std::unique_ptr<Exchange> Front::take_exchange() {
    {
        const std::scoped_lock lock(mutex_);
        if (!exchanges_.empty()) {
            auto exchange = std::move(exchanges_.back());
            exchanges_.pop_back();
            return exchange;
        }
    }
    return std::make_unique<Exchange>(house_);
}

void Front::give_back(Held connection, std::unique_ptr<Exchange> exchange) {
    connection->phase = Phase::receiving;  // not yet sending: its deadline is to be set
    {
        const std::scoped_lock lock(mutex_);
        exchanges_.push_back(std::move(exchange));
        answered_.push_back(std::move(connection));
        --n_answering_;
    }
    wake();
}

void Front::log(const AccessRecord& record) {
    if (!options_.log) return;
    const std::string line = line_of(record, now());
    const std::scoped_lock lock(log_mutex_);
    options_.log(line);
}

}  // namespace fabula::serve
