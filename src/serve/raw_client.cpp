// SPDX-License-Identifier: 0BSD
#include "serve/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace fabula::serve {

namespace {

constexpr int patience_ms = 20000;

}  // namespace

RawClient::RawClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_.number(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        socket_.close();
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

void RawClient::drip(std::string_view bytes) {
    for (std::size_t i = 0; i < 500 && send(bytes.substr(i % bytes.size(), 1)); ++i) {
        pollfd socket{socket_.number(), POLLIN, 0};
        if (::poll(&socket, 1, 20) > 0) return;
    }
}

bool RawClient::read_more() {
    pollfd socket{socket_.number(), POLLIN, 0};
    if (::poll(&socket, 1, patience_ms) <= 0) {
        in_ += "<open>";
        return false;
    }
    std::array<char, 65536> bytes{};
    const auto n = ::recv(socket_.number(), bytes.data(), bytes.size(), 0);
    if (n <= 0) return false;
    in_.append(bytes.data(), static_cast<std::size_t>(n));
    return true;
}

std::string RawClient::answer() {
    std::size_t head = 0;
    while ((head = in_.find("\r\n\r\n")) == std::string::npos) {
        if (!read_more()) return std::exchange(in_, {});
    }
    head += 4;
    const int status = status_of(in_);
    std::size_t size =
        head + static_cast<std::size_t>(std::atol(header_of(in_, "Content-Length").c_str()));
    if (status == 100 || status == 204 || status == 304) size = head;
    if (header_of(in_, "Transfer-Encoding") == "chunked") {
        until("\r\n0\r\n\r\n");
        size = in_.find("\r\n0\r\n\r\n") + 7;
    }
    while (in_.size() < size) {
        if (!read_more()) break;
    }
    size = std::min(size, in_.size());
    std::string answer = in_.substr(0, size);
    in_.erase(0, size);
    return answer;
}

std::string RawClient::rest() {
    while (read_more()) {
    }
    return std::exchange(in_, {});
}

std::string RawClient::until(std::string_view text) {
    while (in_.find(text) == std::string::npos && read_more()) {
    }
    return in_;
}

int status_of(std::string_view answer) {
    return answer.starts_with("HTTP/1.1 ") ? std::atoi(std::string(answer.substr(9, 3)).c_str())
                                           : 0;
}

std::string header_of(std::string_view answer, std::string_view name) {
    std::size_t at = answer.find("\r\n");
    while (at != std::string_view::npos && at + 2 < answer.size()) {
        const std::size_t begin = at + 2;
        at = answer.find("\r\n", begin);
        const auto line = answer.substr(begin, at - begin);
        if (line.empty()) return "";
        if (line.size() > name.size() && line[name.size()] == ':' &&
            ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
            const auto value = line.find_first_not_of(' ', name.size() + 1);
            return std::string(value == std::string_view::npos ? "" : line.substr(value));
        }
    }
    return "";
}

std::string body_of(std::string_view answer) {
    const auto head = answer.find("\r\n\r\n");
    return std::string(head == std::string_view::npos ? "" : answer.substr(head + 4));
}

}  // namespace fabula::serve
