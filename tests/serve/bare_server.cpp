// SPDX-License-Identifier: 0BSD
// bare_server: the HTTP layer alone, with a few routes, for programs that attack or measure it.
// Says "port N" on stdout, logs to stderr, serves until stdin ends.
#include "serve/http_server.h"
#include "serve/page.h"

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace {

using fabula::serve::Request;
using fabula::serve::Response;
using fabula::serve::Route;

Route health() {
    Route route;
    route.path = "/api/v1/health";
    route.name = "health";
    route.is_open = true;
    route.handler = [](const Request&) {
        Response response;
        response.body = R"({"status":"ok"})";
        return response;
    };
    return route;
}

Route echo() {
    Route route;
    route.method = fabula::serve::Method::post;
    route.path = "/api/v1/echo";
    route.name = "echo";
    route.request_schema = "Anything";
    route.handler = [](const Request& request) {
        Response response;
        response.body = request.body;
        return response;
    };
    return route;
}

Route large() {
    Route route;
    route.path = "/api/v1/large";
    route.name = "large";
    route.handler = [](const Request&) {
        Response response;
        response.body = std::string(std::size_t{8} << 20, 'x');
        return response;
    };
    return route;
}

Route events() {
    Route route;
    route.path = "/api/v1/events";
    route.name = "events";
    route.handler = [](const Request&) {
        Response response;
        response.content_type = "text/event-stream";
        response.stream = [](fabula::serve::Stream& stream) {
            while (stream.is_open() && stream.write("data: 1\n\n"))
                std::this_thread::sleep_for(std::chrono::milliseconds(200));
            stream.write("event: bye\ndata: {}\n\n");
        };
        return response;
    };
    return route;
}

}  // namespace

int main() {
    fabula::serve::Router router;
    for (auto make : {health, echo, large, events})
        router.add(make());
    fabula::serve::add_page(router, fabula::serve::page_files());
    fabula::serve::HttpOptions options;
    options.log = [](std::string_view line) {
        std::fprintf(stderr, "%s\n", std::string(line).c_str());
    };
    fabula::serve::HttpServer server(std::move(options), std::move(router));
    const auto started = server.start();
    if (!started) {
        std::fprintf(stderr, "%s\n", started.error().message.c_str());
        return 1;
    }
    std::printf("port %d\n", server.port());
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    server.stop(std::chrono::seconds(5));
    return 0;
}
