// SPDX-License-Identifier: 0BSD
#include "serve/http_server.h"

#include "serve/raw_client.h"

#include <gtest/gtest.h>

#include <string>

namespace fabula::serve {
namespace {

Route hello() {
    Route route;
    route.path = "/hello";
    route.name = "hello";
    route.handler = [](const Request&) {
        Response response;
        response.body = R"({"hello":1})";
        return response;
    };
    return route;
}

TEST(HttpServer, answers) {
    Router router;
    router.add(hello());
    HttpServer server({}, router);
    ASSERT_TRUE(server.start());
    RawClient client(server.port());
    ASSERT_TRUE(client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    const std::string answer = client.answer();
    EXPECT_EQ(status_of(answer), 200) << answer;
    EXPECT_EQ(body_of(answer), R"({"hello":1})");
}

}  // namespace
}  // namespace fabula::serve
