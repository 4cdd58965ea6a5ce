// SPDX-License-Identifier: 0BSD
// What slow clients and many clients get, and that they keep nobody else waiting.
#include "serve/http_server.h"
#include "serve/raw_client.h"
#include "serve/served.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace fabula::serve {
namespace {

using std::chrono::milliseconds;

const std::string get_hello = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string get_waits = "GET /waits HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string get_events = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";

HttpOptions hasty() {
    HttpOptions options;
    options.request_deadline = options.write_deadline = options.idle_deadline = milliseconds(300);
    return options;
}

HttpOptions small() {
    HttpOptions options;
    options.n_workers = 4;
    options.most_streams = 2;
    options.most_body_waits = 1;
    return options;
}

TEST(HttpSlow, heads_are_cut) {
    Served served(hasty());
    ASSERT_TRUE(served.start());
    RawClient client(served.port());
    ASSERT_TRUE(client.send("GET /hello HTTP/1.1\r\n"));
    const std::string answer = client.rest();
    EXPECT_EQ(status_of(answer), 408);
    EXPECT_NE(answer.find(R"("code":"timeout")"), std::string::npos);
    RawClient dripper(served.port());
    ASSERT_TRUE(dripper.send("GET /hello HTTP/1.1\r\n"));
    dripper.drip("A: b\r\n");
    EXPECT_EQ(status_of(dripper.rest()), 408);
}

TEST(HttpSlow, bodies_are_cut) {
    Served served(hasty());
    ASSERT_TRUE(served.start());
    const std::string head =
        "PUT /blob HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    for (const char* framing :
         {"Content-Length: 100\r\n\r\n", "Content-Length: 100000\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\n200000\r\n", "Transfer-Encoding: chunked\r\n\r\n2",
          "Expect: 100-continue\r\nContent-Length: 100\r\n\r\n"}) {
        RawClient client(served.port());
        ASSERT_TRUE(client.send(head + framing));
        const std::string answer = client.rest();
        EXPECT_NE(answer.find("HTTP/1.1 408 "), std::string::npos) << framing << answer;
        RawClient dripper(served.port());
        ASSERT_TRUE(dripper.send(head + framing));
        dripper.drip("1");
        const std::string cut = dripper.rest();
        EXPECT_NE(cut.find("HTTP/1.1 408 "), std::string::npos) << framing << cut;
    }
}

TEST(HttpSlow, connections_that_say_nothing_are_closed) {
    Served served(hasty());
    ASSERT_TRUE(served.start());
    RawClient fresh(served.port());
    EXPECT_EQ(fresh.rest(), "");
    RawClient kept(served.port());
    ASSERT_TRUE(kept.send(get_hello));
    EXPECT_EQ(status_of(kept.answer()), 200);
    EXPECT_EQ(kept.rest(), "");
}

TEST(HttpSlow, readers_hold_no_worker) {
    HttpOptions options = small();
    Served served(std::move(options));
    ASSERT_TRUE(served.start());
    // More than the socket takes, from more clients than there are workers.
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(std::make_unique<RawClient>(served.port()));
        ASSERT_TRUE(clients.back()->send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        clients.back()->until("\r\n\r\n");
    }
    EXPECT_EQ(status_of(served.get("/hello")), 200);
    EXPECT_EQ(body_of(clients[0]->answer()).size(), large_bytes);
}

TEST(HttpSlow, readers_of_streams_are_cut) {
    Served served(hasty());
    ASSERT_TRUE(served.start());
    RawClient client(served.port());
    ASSERT_TRUE(client.send("GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    while (served.n_events_ended() == 0)  // which only a write that fails brings about
        std::this_thread::sleep_for(milliseconds(1));
    EXPECT_EQ(status_of(served.get("/hello")), 200);
}

TEST(HttpSlow, senders_of_bodies_hold_so_many_workers_only) {
    HttpOptions options = small();
    options.n_workers = 16;
    Served served(std::move(options));
    ASSERT_TRUE(served.start());
    const std::string head =
        "PUT /blob HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: 100000\r\n\r\n";
    std::vector<std::unique_ptr<RawClient>> clients;
    int n_refused = 0;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(std::make_unique<RawClient>(served.port()));
        ASSERT_TRUE(clients.back()->send(head));
    }
    // All but one are told to come again; the one goes on.
    for (auto& client : clients) {
        EXPECT_EQ(status_of(served.get("/hello")), 200);
        if (!client->send(std::string(100000, ' '))) {
            ++n_refused;
            continue;
        }
        const std::string answer = client->answer();
        n_refused += status_of(answer) == 200 ? 0 : 1;
    }
    EXPECT_GE(n_refused, 1);
    EXPECT_LE(n_refused, 4);
}

TEST(HttpSlow, more_requests_than_workers_are_told_to_come_again) {
    Served served(small());
    ASSERT_TRUE(served.start());
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(std::make_unique<RawClient>(served.port()));
        ASSERT_TRUE(clients.back()->send(get_waits));
    }
    served.await_waiting(4);
    RawClient late(served.port());
    ASSERT_TRUE(late.send(get_hello));
    const std::string answer = late.rest();
    EXPECT_EQ(status_of(answer), 503);
    EXPECT_EQ(header_of(answer, "Retry-After"), "2");
    EXPECT_NE(answer.find(R"("code":"unavailable")"), std::string::npos);
    served.let_go();
    for (auto& client : clients)
        EXPECT_EQ(status_of(client->answer()), 200);
    EXPECT_EQ(status_of(served.get("/hello")), 200);
}

TEST(HttpSlow, more_streams_than_may_be_are_told_to_come_again) {
    Served served(small());
    ASSERT_TRUE(served.start());
    auto one = std::make_unique<RawClient>(served.port());
    RawClient two(served.port());
    ASSERT_TRUE(one->send(get_events) && two.send(get_events));
    one->until("data: 1\n\n");
    two.until("data: 1\n\n");
    const std::string answer = served.get("/events");
    EXPECT_EQ(status_of(answer), 429);
    EXPECT_EQ(header_of(answer, "Retry-After"), "2");
    EXPECT_EQ(status_of(served.get("/hello")), 200);
    one.reset();
    while (served.n_events_ended() == 0)
        std::this_thread::sleep_for(milliseconds(1));
    // The place is free a moment after the handler returned.
    RawClient three(served.port());
    int status = 429;
    for (int i = 0; i < 1000 && status == 429; ++i) {
        RawClient next(served.port());
        ASSERT_TRUE(next.send(get_events));
        status = status_of(next.until("data: 1\n\n"));
    }
    EXPECT_EQ(status, 200);
}

TEST(HttpSlow, more_connections_than_may_be_push_out_the_one_that_waits_longest) {
    HttpOptions options = small();
    options.most_connections = 3;
    Served served(std::move(options));
    ASSERT_TRUE(served.start());
    constexpr int n_clients = 3;
    std::vector<std::unique_ptr<RawClient>> clients;
    clients.reserve(n_clients);
    for (int i = 0; i < n_clients; ++i)
        clients.push_back(std::make_unique<RawClient>(served.port()));
    EXPECT_EQ(status_of(served.get("/hello")), 200);
    EXPECT_EQ(clients[0]->rest(), "");
}

}  // namespace
}  // namespace fabula::serve
