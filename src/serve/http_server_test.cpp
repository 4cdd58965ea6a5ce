// SPDX-License-Identifier: 0BSD
// What a well-behaved client gets.
#include "serve/http_server.h"

#include "serve/raw_client.h"
#include "serve/served.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace fabula::serve {
namespace {

using std::chrono::milliseconds;

std::string post(const std::string& path, const std::string& body,
                 const std::string& headers = "Content-Type: application/json\r\n") {
    return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(HttpServer, answers_a_get) {
    Served served;
    ASSERT_TRUE(served.start());
    const std::string answer = served.get("/hello");
    EXPECT_EQ(status_of(answer), 200) << answer;
    EXPECT_EQ(header_of(answer, "Content-Type"), "application/json");
    EXPECT_EQ(header_of(answer, "Content-Length"), "11");
    EXPECT_EQ(body_of(answer), R"({"hello":1})");
}

TEST(HttpServer, hands_over_path_and_query_decoded) {
    Served served;
    ASSERT_TRUE(served.start());
    EXPECT_EQ(body_of(served.get("/echo/a%20%C3%A9?q=1+%26&p=2")), "a \xC3\xA9|1 &");
}

TEST(HttpServer, hands_over_the_body) {
    Served served;
    ASSERT_TRUE(served.start());
    EXPECT_EQ(body_of(served.ask(post("/echo", R"({"a":"b"})"))), R"({"a":"b"})");
    EXPECT_EQ(body_of(served.ask(
                  post("/echo", "{}", "Content-Type: Application/JSON ; charset=utf-8\r\n"))),
              "{}");
    const std::string chunked = served.ask(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n1;x=y\r\n]\r\n0\r\n\r\n");
    EXPECT_EQ(body_of(chunked), "[1]") << chunked;
}

TEST(HttpServer, takes_a_body_of_megabytes) {
    Served served;
    ASSERT_TRUE(served.start());
    const std::string body = "\"" + std::string(large_bytes - 2, 'x') + "\"";
    const std::string answer = served.ask(
        "PUT /blob HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_EQ(body_of(answer), std::to_string(large_bytes)) << answer;
}

TEST(HttpServer, asks_for_the_body_where_the_client_waits_to_be_asked) {
    Served served;
    ASSERT_TRUE(served.start());
    RawClient client(served.port());
    ASSERT_TRUE(
        client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                    "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n"));
    EXPECT_EQ(status_of(client.answer()), 100);
    ASSERT_TRUE(client.send("{}"));
    const std::string answer = client.answer();
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_EQ(body_of(answer), "{}");
    // Who would send too much is told before the body is on its way.
    const std::string refusal = served.ask(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        "Content-Type: application/json\r\nContent-Length: 1001\r\n\r\n");
    EXPECT_EQ(status_of(refusal), 413);
}

TEST(HttpServer, knows_head_options_and_the_methods_of_a_path) {
    Served served;
    ASSERT_TRUE(served.start());
    RawClient client(served.port());
    ASSERT_TRUE(
        client.send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
    const std::string head = client.rest();
    EXPECT_EQ(status_of(head), 200);
    EXPECT_EQ(header_of(head, "Content-Length"), "11");
    EXPECT_EQ(body_of(head), "");
    const std::string options = served.ask("OPTIONS /echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(status_of(options), 204);
    EXPECT_EQ(header_of(options, "Allow"), "POST, OPTIONS");
    for (const std::string method : {"POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT"}) {
        const std::string wrong =
            served.ask(method + " /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_EQ(status_of(wrong), 405) << method;
        EXPECT_EQ(header_of(wrong, "Allow"), "GET, HEAD, OPTIONS");
        EXPECT_NE(wrong.find(R"("code":"method_not_allowed")"), std::string::npos);
    }
    const std::string nowhere = served.get("/nowhere");
    EXPECT_EQ(status_of(nowhere), 404);
    EXPECT_EQ(body_of(nowhere),
              R"({"error":{"code":"not_found","message":"there is nothing at this path"}})");
}

TEST(HttpServer, keeps_the_connection_and_the_order) {
    Served served;
    ASSERT_TRUE(served.start());
    RawClient client(served.port());
    const std::string one = "GET /echo/1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const std::string two = "GET /echo/2 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    ASSERT_TRUE(client.send(one + post("/echo", "[3]") + two));
    EXPECT_EQ(body_of(client.answer()), "1|");
    EXPECT_EQ(body_of(client.answer()), "[3]");
    EXPECT_EQ(body_of(client.answer()), "2|");
    ASSERT_TRUE(client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
    EXPECT_EQ(header_of(client.answer(), "Connection"), "close");
    EXPECT_EQ(client.rest(), "");
}

TEST(HttpServer, puts_its_guards_on_every_answer) {
    Served served;
    ASSERT_TRUE(served.start());
    for (const std::string& answer :
         {served.get("/hello"), served.get("/nowhere"), served.get("/throws"),
          served.ask("nonsense\r\n\r\n"), served.ask("GET / HTTP/1.1\nHost: x\n\n")}) {
        EXPECT_EQ(header_of(answer, "X-Content-Type-Options"), "nosniff") << answer;
        EXPECT_EQ(header_of(answer, "Referrer-Policy"), "no-referrer");
        EXPECT_EQ(header_of(answer, "Cross-Origin-Resource-Policy"), "same-origin");
        EXPECT_EQ(header_of(answer, "Cache-Control"), "no-store");
        EXPECT_TRUE(header_of(answer, "Content-Security-Policy")
                        .starts_with("default-src 'none'; script-src 'self';"));
    }
}

TEST(HttpServer, asks_for_the_token_except_where_all_may_come) {
    HttpOptions options;
    options.allowed.token = "0123456789abcdef";
    Served served(std::move(options));
    ASSERT_TRUE(served.start());
    const std::string refusal = served.get("/hello");
    EXPECT_EQ(status_of(refusal), 401);
    EXPECT_EQ(header_of(refusal, "WWW-Authenticate"), "Bearer");
    EXPECT_EQ(status_of(served.get("/health")), 200);
    EXPECT_EQ(status_of(served.get("/hello", "Authorization: Bearer 0123456789abcdef\r\n")), 200);
    const std::string session =
        served.ask(post("/api/v1/session", R"({"token":"0123456789abcdef"})"));
    EXPECT_EQ(status_of(session), 204);
    const std::string cookie = header_of(session, "Set-Cookie");
    EXPECT_EQ(
        status_of(served.get("/hello", "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n")),
        200);
}

TEST(HttpServer, answers_preflights_of_listed_pages_only) {
    HttpOptions options;
    options.allowed.origins = {"https://desk.example"};
    Served served(std::move(options));
    ASSERT_TRUE(served.start());
    const auto preflight = [&](const std::string& origin) {
        return served.ask("OPTIONS /echo HTTP/1.1\r\nHost: localhost\r\nOrigin: " + origin +
                          "\r\nAccess-Control-Request-Method: POST\r\n\r\n");
    };
    const std::string listed = preflight("https://desk.example");
    EXPECT_EQ(status_of(listed), 204);
    EXPECT_EQ(header_of(listed, "Access-Control-Allow-Origin"), "https://desk.example");
    const std::string other = preflight("https://other.example");
    EXPECT_EQ(status_of(other), 403);
    EXPECT_EQ(header_of(other, "Access-Control-Allow-Origin"), "");
}

TEST(HttpServer, refuses_names_and_pages_that_it_does_not_know) {
    Served served;
    ASSERT_TRUE(served.start());
    for (const char* headers : {"Host: evil.example\r\n", "Host: localhost\r\nOrigin: null\r\n",
                                "Host: localhost\r\nOrigin: http://evil.example\r\n",
                                "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n"}) {
        const std::string answer =
            served.ask("GET /hello HTTP/1.1\r\n" + std::string(headers) + "\r\n");
        EXPECT_EQ(status_of(answer), 403) << headers;
        EXPECT_NE(answer.find(R"("code":"forbidden")"), std::string::npos);
    }
}

TEST(HttpServer, lives_on_after_a_handler_ran_out_of_memory) {
    Served served;
    ASSERT_TRUE(served.start());
    const std::string answer = served.get("/throws");
    EXPECT_EQ(status_of(answer), 500);
    EXPECT_EQ(body_of(answer),
              R"({"error":{"code":"internal","message":"something went wrong; the log has it"}})");
    EXPECT_EQ(status_of(served.get("/hello")), 200);
}

TEST(HttpServer, logs_routes_and_nothing_that_somebody_wrote) {
    HttpOptions options;
    options.allowed.token = "0123456789abcdef";
    Served served(std::move(options));
    ASSERT_TRUE(served.start());
    served.get("/echo/secret-name?q=secret-query", "Authorization: Bearer 0123456789abcdef\r\n");
    served.get("/secret-path");
    served.ask(
        post("/echo", R"({"secret":"body"})",
             "Content-Type: application/json\r\nAuthorization: Bearer 0123456789abcdef\r\n"));
    served.server().stop(milliseconds(0));
    const auto log = served.log();
    ASSERT_EQ(log.size(), 3U);
    EXPECT_NE(log[0].find(R"("method":"GET","route":"/echo/{name}","status":200,"bytes":)"),
              std::string::npos)
        << log[0];
    EXPECT_NE(log[0].find(R"("remote":"127.0.0.1"})"), std::string::npos);
    EXPECT_NE(log[1].find(R"("route":"","status":404)"), std::string::npos) << log[1];
    EXPECT_NE(log[2].find(R"("method":"POST","route":"/echo")"), std::string::npos) << log[2];
    for (const std::string& line : log) {
        EXPECT_EQ(line.find("secret"), std::string::npos) << line;
        EXPECT_EQ(line.find("0123456789abcdef"), std::string::npos) << line;
    }
}

TEST(HttpServer, streams_until_the_reader_goes) {
    Served served;
    ASSERT_TRUE(served.start());
    {
        RawClient client(served.port());
        ASSERT_TRUE(client.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        const std::string begin = client.until("data: 1\n\n");
        EXPECT_EQ(status_of(begin), 200);
        EXPECT_EQ(header_of(begin, "Content-Type"), "text/event-stream");
        EXPECT_EQ(header_of(begin, "Cache-Control"), "no-store");
        EXPECT_EQ(header_of(begin, "X-Accel-Buffering"), "no");
    }
    while (served.n_events_ended() == 0)
        std::this_thread::sleep_for(milliseconds(1));
    EXPECT_EQ(status_of(served.get("/hello")), 200);
}

TEST(HttpServer, streams_without_chunks_to_an_old_client) {
    Served served;
    ASSERT_TRUE(served.start());
    RawClient client(served.port());
    ASSERT_TRUE(client.send("GET /events HTTP/1.0\r\nHost: localhost\r\n\r\n"));
    const std::string begin = client.until("\r\n\r\ndata: 1\n\ndata: 1\n\n");
    EXPECT_EQ(header_of(begin, "Transfer-Encoding"), "");
    EXPECT_EQ(header_of(begin, "Connection"), "close");
}

TEST(HttpServer, ends_streams_with_their_last_words_and_waits_for_handlers) {
    Served served;
    ASSERT_TRUE(served.start());
    RawClient reader(served.port());
    ASSERT_TRUE(reader.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    reader.until("data: 1\n\n");
    RawClient waiter(served.port());
    ASSERT_TRUE(waiter.send("GET /waits HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    served.await_waiting(2);
    std::thread stopper([&] { served.server().stop(std::chrono::seconds(10)); });
    const std::string events = reader.rest();
    EXPECT_TRUE(events.ends_with("event: bye\ndata: {}\n\n\r\n0\r\n\r\n"))
        << events.substr(events.size() - 60);
    EXPECT_FALSE(RawClient(served.port()).is_open());
    served.let_go();
    EXPECT_EQ(body_of(waiter.answer()), R"({"waited":1})");
    stopper.join();
}

TEST(HttpServer, stops_while_a_stream_is_not_read) {
    Served served;
    ASSERT_TRUE(served.start());
    RawClient idle(served.port());
    RawClient half(served.port());
    ASSERT_TRUE(half.send("GET /hel"));
    RawClient reader(served.port());
    ASSERT_TRUE(reader.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    served.await_waiting(1);
    served.server().stop(milliseconds(0));
    EXPECT_EQ(served.n_events_ended(), 1);
    EXPECT_EQ(idle.rest(), "");
    served.server().stop(milliseconds(0));
}

TEST(HttpServer, says_why_it_cannot_listen) {
    Served served;
    ASSERT_TRUE(served.start());
    const auto message_of = [](HttpOptions options) {
        HttpServer server(std::move(options), Router());
        const auto started = server.start();
        return started ? std::string() : started.error().message;
    };
    HttpOptions taken;
    taken.port = served.port();
    EXPECT_EQ(message_of(taken), "cannot listen on 127.0.0.1 port " +
                                     std::to_string(served.port()) +
                                     ": another program does; --port takes another, 0 any");
    HttpOptions elsewhere;
    elsewhere.allowed.host = "192.0.2.1";
    EXPECT_EQ(message_of(elsewhere),
              "cannot listen on 192.0.2.1 port 0: this machine has no such address");
    HttpOptions unknown;
    unknown.allowed.host = "no such host";
    EXPECT_NE(message_of(unknown).find("host 'no such host': "), std::string::npos);
    HttpOptions beyond;
    beyond.port = 65536;
    EXPECT_EQ(message_of(beyond), "port 65536: must be 0 (any) to 65535");
}

}  // namespace
}  // namespace fabula::serve
