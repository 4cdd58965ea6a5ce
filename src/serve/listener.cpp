// SPDX-License-Identifier: 0BSD
#include "serve/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace fabula::serve {

namespace {

constexpr int backlog = 512;

Error refusal(const std::string& host, int port, int number) {
    const std::string where = host + " port " + std::to_string(port);
    if (number == EADDRINUSE)
        return {ErrorCode::unavailable, "cannot listen on " + where +
                                            ": another program does; --port takes another, 0 any"};
    if (number == EACCES)
        return {ErrorCode::invalid_input, "cannot listen on " + where +
                                              ": ports below 1024 are the system's; --port takes "
                                              "another"};
    if (number == EADDRNOTAVAIL)
        return {ErrorCode::invalid_input,
                "cannot listen on " + where + ": this machine has no such address"};
    return {ErrorCode::unavailable,
            "cannot listen on " + where + ": " + std::generic_category().message(number)};
}

Result<int> port_of(const FileDescriptor& socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return Error{ErrorCode::unavailable, "the port that was taken cannot be told"};
    if (address.ss_family == AF_INET6) {
        sockaddr_in6 six{};
        std::memcpy(&six, &address, sizeof six);
        return int{ntohs(six.sin6_port)};
    }
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    return int{ntohs(four.sin_port)};
}

// 0 or an errno.
int try_to_listen(const addrinfo& address, FileDescriptor& out) {
    FileDescriptor socket(::socket(address.ai_family,
                                   address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                                   address.ai_protocol));
    if (!socket.is_open()) return errno;
    const int on = 1;
    ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(socket.number(), address.ai_addr, address.ai_addrlen) != 0) return errno;
    if (::listen(socket.number(), backlog) != 0) return errno;
    out = std::move(socket);
    return 0;
}

}  // namespace

Result<Listener> listen_on(const std::string& host, int port) {
    if (port < 0 || port > 65535)
        return Error{ErrorCode::invalid_input,
                     "port " + std::to_string(port) + ": must be 0 (any) to 65535"};
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* raw = nullptr;
    const int status = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &raw);
    if (status != 0)
        return Error{ErrorCode::invalid_input,
                     "host '" + host + "': " + ::gai_strerror(status) +
                         "; --host takes an address of this machine, such as 127.0.0.1"};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found(raw, ::freeaddrinfo);
    int last = EADDRNOTAVAIL;
    for (const addrinfo* address = found.get(); address != nullptr; address = address->ai_next) {
        Listener listener;
        last = try_to_listen(*address, listener.socket);
        if (last != 0) continue;
        const auto taken = port_of(listener.socket);
        if (!taken) return taken.error();
        listener.port = *taken;
        return listener;
    }
    return refusal(host, port, last);
}

}  // namespace fabula::serve
