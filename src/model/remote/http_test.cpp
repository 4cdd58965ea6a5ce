// SPDX-License-Identifier: 0BSD
#include "model/remote/http.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace fabula::model {
namespace {

// Answers one request with the same bytes, whatever it is, and keeps what was asked.
class OneAnswer {
public:
    explicit OneAnswer(std::string answer) : answer_(std::move(answer)) {
        listener_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(listen(listener_, 1), 0);
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        server_ = std::thread([this] { serve(); });
    }
    OneAnswer(const OneAnswer&) = delete;
    OneAnswer& operator=(const OneAnswer&) = delete;
    ~OneAnswer() {
        shutdown(listener_, SHUT_RDWR);
        server_.join();
        close(listener_);
    }

    std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }
    const std::string& asked() const { return asked_; }

private:
    void serve() {
        const int client = accept(listener_, nullptr, nullptr);
        if (client < 0) return;
        char bytes[4096];
        const auto n = read(client, bytes, sizeof bytes);
        if (n > 0) asked_.assign(bytes, static_cast<std::size_t>(n));
        for (std::size_t at = 0; at < answer_.size();) {
            const auto sent = send(client, answer_.data() + at, answer_.size() - at, MSG_NOSIGNAL);
            if (sent <= 0) break;
            at += static_cast<std::size_t>(sent);
        }
        if (answer_.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(300));
        close(client);
    }

    std::string answer_;
    std::string asked_;
    int listener_ = -1;
    int port_ = 0;
    std::thread server_;
};

TEST(Http, gives_the_body_of_what_was_asked_for) {
    const OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    const auto body = http_get(server.url("/settings?step=3"));
    ASSERT_TRUE(body) << body.error().message;
    EXPECT_EQ(*body, "hello");
    EXPECT_TRUE(server.asked().starts_with("GET /settings?step=3 HTTP/1.1\r\n")) << server.asked();
}

TEST(Http, follows_no_redirect) {
    const OneAnswer server("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n");
    const auto body = http_get(server.url("/"));
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().code, ErrorCode::unavailable);
    EXPECT_NE(body.error().message.find("302"), std::string::npos);
}

TEST(Http, takes_no_more_than_is_allowed) {
    const OneAnswer server("HTTP/1.1 200 OK\r\n\r\n" + std::string(100'000, 'x'));
    const auto body = http_get(server.url("/"), {5000, 1000});
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().code, ErrorCode::exhausted);
}

TEST(Http, waits_no_longer_than_is_allowed) {
    const OneAnswer server("");
    const auto body = http_get(server.url("/"), {100, 1000});
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().code, ErrorCode::unavailable);
}

TEST(Http, shows_no_secret) {
    EXPECT_EQ(shown_url("https://me:secret@host.example/a?token=secret#x"),
              "https://host.example/a");
    EXPECT_EQ(shown_url("http://user:pa?ss@host.example/a"), "http://host.example/a");
    EXPECT_EQ(shown_url("https://host.example"), "https://host.example");
    EXPECT_EQ(shown_url("https://host.example/@home"), "https://host.example/@home");
    const auto body = http_get("http://me:secret@127.0.0.1:1/?token=secret", {500, 1000});
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().message.find("secret"), std::string::npos) << body.error().message;
}

TEST(Http, refuses_what_is_no_address_of_the_web) {
    for (const char* url : {"file:///etc/passwd", "ftp://host.example/x", "settings.json", ""}) {
        const auto body = http_get(url);
        ASSERT_FALSE(body) << url;
        EXPECT_EQ(body.error().code, ErrorCode::invalid_input) << url;
    }
}

}  // namespace
}  // namespace fabula::model
