// SPDX-License-Identifier: 0BSD
// What a client gets that sends too much, or what is no HTTP, or what two programs would read in
// two ways. After each of them the server answers the next one.
#include "serve/http_server.h"
#include "serve/raw_client.h"
#include "serve/served.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace fabula::serve {
namespace {

class HttpLimits : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(served.start()); }
    void TearDown() override { EXPECT_EQ(status_of(served.get("/hello")), 200); }

    // Sends the bytes and reads until the server closes, which it must.
    std::string refused(std::string_view bytes) const {
        RawClient client(served.port());
        client.send(bytes);
        const std::string rest = client.rest();
        EXPECT_EQ(rest.find("<open>"), std::string::npos) << bytes.substr(0, 200);
        EXPECT_EQ(header_of(rest, "Connection"), "close") << bytes.substr(0, 200);
        EXPECT_EQ(rest.find("HTTP/1.1 ", 1), std::string::npos) << "two answers: " << rest;
        return rest;
    }
    static std::string post(const std::string& headers, const std::string& body) {
        return "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
               headers + "\r\n" + body;
    }

    Served served;
};

TEST_F(HttpLimits, bodies) {
    EXPECT_EQ(status_of(served.ask(post("Content-Length: 1000\r\n", std::string(1000, ' ')))), 200);
    EXPECT_EQ(status_of(refused(post("Content-Length: 1001\r\n", std::string(1001, ' ')))), 413);
    EXPECT_EQ(status_of(refused(post("Content-Length: 18446744073709551615\r\n", "{}"))), 413);
    EXPECT_EQ(status_of(refused(post("Content-Length: 18446744073709551616\r\n", "{}"))), 400);
    const std::string large(100000, ' ');
    EXPECT_EQ(status_of(refused(post("Content-Length: 100000\r\n", large))), 413);
}

TEST_F(HttpLimits, chunked_bodies) {
    std::string chunks;
    for (int i = 0; i < 10; ++i)
        chunks += "64\r\n" + std::string(100, ' ') + "\r\n";
    EXPECT_EQ(status_of(served.ask(post("Transfer-Encoding: chunked\r\n", chunks + "0\r\n\r\n"))),
              200);
    EXPECT_EQ(
        status_of(refused(post("Transfer-Encoding: chunked\r\n", chunks + "1\r\n \r\n0\r\n\r\n"))),
        413);
    // A chunk that never ends, and one that says it is larger than all memory.
    EXPECT_EQ(status_of(refused(post("Transfer-Encoding: chunked\r\n",
                                     "fffffff\r\n" + std::string(1000000, ' ')))),
              413);
    EXPECT_GE(status_of(refused(post("Transfer-Encoding: chunked\r\n",
                                     "ffffffffffffffff\r\n" + std::string(2000, ' ')))),
              400);
    for (const char* broken : {"x\r\n", "-1\r\n", "\r\n", "2\r\n{}x\r\n", "2\n{}\n0\n\n"})
        EXPECT_EQ(status_of(refused(post("Transfer-Encoding: chunked\r\n", broken) + "0\r\n\r\n")),
                  400)
            << broken;
}

TEST_F(HttpLimits, bodies_that_are_told_in_two_ways) {
    const std::string smuggled = "GET /echo/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (const char* headers :
         {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
          "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
          "Content-Length: 0\r\nContent-Length: 60\r\n", "Content-Length: 0, 60\r\n",
          "Content-Length: 0\r\nContent-Length: 0\r\n", "Content-Length: +5\r\n",
          "Content-Length: 0x5\r\n", "Content-Length: -1\r\n", "Content-Length: \r\n",
          "Transfer-Encoding: identity\r\n", "Transfer-Encoding: gzip, chunked\r\n",
          "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding: xchunked\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "Content-Length : 5\r\n",
          "Transfer-Encoding : chunked\r\n", "Content-Length: 5 5\r\n"}) {
        const std::string answer = refused(post(headers, "0\r\n\r\n" + smuggled));
        EXPECT_EQ(status_of(answer), 400) << headers;
        EXPECT_EQ(answer.find("smuggled"), std::string::npos) << headers;
    }
    // The same on a GET, which has no body.
    EXPECT_EQ(
        status_of(refused("GET /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n"
                          "12345")),
        400);
}

TEST_F(HttpLimits, bodies_that_are_no_json_by_their_headers) {
    EXPECT_EQ(status_of(refused("POST /echo HTTP/1.1\r\nHost: localhost\r\n\r\n")), 411);
    EXPECT_EQ(status_of(served.ask("POST /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")), 204);
    for (const char* type :
         {"", "Content-Type: text/plain\r\n", "Content-Type: application/x-www-form-urlencoded\r\n",
          "Content-Type: multipart/form-data; boundary=x\r\n",
          "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"})
        EXPECT_EQ(status_of(refused("POST /echo HTTP/1.1\r\nHost: localhost\r\n" +
                                    std::string(type) + "Content-Length: 2\r\n\r\n{}")),
                  415)
            << type;
    EXPECT_EQ(status_of(refused(post("Content-Length: 2\r\n", "\xC3("))), 400);
}

TEST_F(HttpLimits, request_lines) {
    for (const char* line : {"GET",
                             "GET /hello",
                             "GET  /hello HTTP/1.1",
                             "GET /hello HTTP/1.1 ",
                             "/hello HTTP/1.1",
                             "GET /hello HTTP/2.0",
                             "GET /hello HTTP/1.2",
                             "GET /hello http/1.1",
                             "G\x01T / HTTP/1.1",
                             "BREW /hello HTTP/1.1",
                             "get /hello HTTP/1.1",
                             "PRI * HTTP/2.0",
                             "\x16\x03\x01\x02",
                             "GET hello HTTP/1.1",
                             "GET http://localhost/hello HTTP/1.1",
                             "GET /he#llo HTTP/1.1",
                             "GET /%zz HTTP/1.1",
                             "GET /%00 HTTP/1.1",
                             "GET /hello%00 HTTP/1.1",
                             "GET /%ff HTTP/1.1",
                             "GET /hello%2f HTTP/1.1",
                             "GET /\xC3( HTTP/1.1",
                             "GET /hello?q=%ff HTTP/1.1"})
        EXPECT_EQ(status_of(refused(std::string(line) + "\r\nHost: localhost\r\n\r\n")), 400)
            << line;
    EXPECT_EQ(status_of(refused("\r\n\r\n")), 400);
    const std::string_view with_nul("GET /hello\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", 41);
    EXPECT_EQ(status_of(refused(with_nul)), 400);
}

TEST_F(HttpLimits, paths_that_climb) {
    for (const char* path : {"/../etc/passwd", "/..", "/assets/../../etc/passwd", "/%2e%2e/etc",
                             "//etc/passwd", "/hello/..", "/./hello", "/hello/"})
        EXPECT_EQ(status_of(served.get(path)), 404) << path;
    EXPECT_EQ(status_of(served.get("/..%2f..%2fetc%2fpasswd")), 400);
    EXPECT_EQ(status_of(served.get("/..\\etc")), 404);
}

TEST_F(HttpLimits, headers) {
    const std::string get = "GET /hello HTTP/1.1\r\nHost: localhost\r\n";
    EXPECT_EQ(status_of(refused(get + "A: " + std::string(9000, 'a') + "\r\n\r\n")), 431);
    std::string many;
    for (int i = 0; i < 101; ++i)
        many += "A" + std::to_string(i) + ": b\r\n";
    EXPECT_EQ(status_of(refused(get + many + "\r\n")), 431);
    std::string large;
    for (int i = 0; i < 5; ++i)
        large += "A" + std::to_string(i) + ": " + std::string(4000, 'b') + "\r\n";
    EXPECT_EQ(status_of(refused(get + large + "\r\n")), 431);
    EXPECT_EQ(status_of(refused("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n")), 431);
    EXPECT_EQ(status_of(refused(get + std::string(200000, 'a'))), 431);
    EXPECT_EQ(status_of(refused("GET /hello HTTP/1.1\r\n\r\n")), 400);
    EXPECT_EQ(status_of(refused(get + "Host: localhost\r\n\r\n")), 400);
    EXPECT_EQ(status_of(refused(get + "Origin: http://localhost\r\nOrigin: null\r\n\r\n")), 400);
    for (const char* line : {"no colon", ": no name", "na me: x", " folded: x", "a\x01: x"})
        EXPECT_EQ(status_of(refused(get + line + "\r\n\r\n")), 400) << line;
}

TEST_F(HttpLimits, a_range_is_not_cut_out_of_an_answer) {
    const std::string answer = served.get("/hello", "Range: bytes=0-1\r\n");
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_EQ(body_of(answer), R"({"hello":1})");
}

TEST_F(HttpLimits, an_upgrade_is_not_done) {
    const std::string answer =
        served.get("/hello",
                   "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    EXPECT_EQ(status_of(answer), 200);
}

}  // namespace
}  // namespace fabula::serve
