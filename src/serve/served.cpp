// SPDX-License-Identifier: 0BSD
#include "serve/served.h"

#include "serve/session.h"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace fabula::serve {

namespace {

Route route(Method method, std::string path, std::function<Response(const Request&)> handler) {
    Route route;
    route.method = method;
    route.name = path;
    route.path = std::move(path);
    route.handler = std::move(handler);
    return route;
}

Response with_body(std::string body) {
    Response response;
    response.body = std::move(body);
    return response;
}

}  // namespace

Served::Served(HttpOptions options) {
    options.log = [this](std::string_view line) {
        const std::scoped_lock lock(mutex_);
        log_.emplace_back(line);
    };
    const std::string token = options.allowed.token;
    Router all = router();
    all.add(session_route(token));
    server_ = std::make_unique<HttpServer>(std::move(options), std::move(all));
}

Served::~Served() {
    let_go();
}

bool Served::start() {
    return server_->start().has_value();
}

Router Served::router() {
    Router router;
    router.add(
        route(Method::get, "/hello", [](const Request&) { return with_body(R"({"hello":1})"); }));
    router.add(route(Method::get, "/echo/{name}", [](const Request& request) {
        const auto q = request.query.find("q");
        return with_body(request.path_parameters.at("name") + "|" +
                         (q == request.query.end() ? "" : q->second));
    }));
    Route echo = route(Method::post, "/echo",
                       [](const Request& request) { return with_body(request.body); });
    echo.request_schema = "Echo";
    echo.most_body_bytes = 1000;
    router.add(echo);
    Route blob = route(Method::put, "/blob", [](const Request& request) {
        return with_body(std::to_string(request.body.size()));
    });
    blob.request_schema = "Blob";
    blob.most_body_bytes = large_bytes;
    router.add(blob);
    router.add(route(Method::post, "/nothing", [](const Request&) {
        Response response;
        response.status = 204;
        return response;
    }));
    router.add(route(Method::get, "/large",
                     [](const Request&) { return with_body(std::string(large_bytes, 'x')); }));
    router.add(route(Method::get, "/throws", [](const Request&) -> Response {
        return with_body(std::string(std::string().max_size(), 'x'));
    }));
    router.add(route(Method::get, "/waits", [this](const Request&) { return wait(); }));
    Route health = route(Method::get, "/health",
                         [](const Request&) { return with_body(R"({"status":"ok"})"); });
    health.is_open = true;
    router.add(health);
    router.add(route(Method::get, "/events", [this](const Request&) {
        Response response;
        response.content_type = "text/event-stream";
        response.stream = [this](Stream& out) { stream(out); };
        return response;
    }));
    router.add(route(Method::get, "/flood", [this](const Request&) {
        Response response;
        response.content_type = "text/event-stream";
        response.stream = [this](Stream& out) {
            const std::string much(4096, ' ');
            while (out.write(much)) {
            }
            ++n_events_ended_;
        };
        return response;
    }));
    return router;
}

void Served::note(int change) {
    const std::scoped_lock lock(mutex_);
    n_waiting_ += change;
    changed_.notify_all();
}

Response Served::wait() {
    std::unique_lock lock(mutex_);
    ++n_waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return may_go_; });
    --n_waiting_;
    return with_body(R"({"waited":1})");
}

void Served::stream(Stream& stream) {
    note(1);
    while (stream.is_open() && stream.write("data: 1\n\n"))
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    stream.write("event: bye\ndata: {}\n\n");
    ++n_events_ended_;
    note(-1);
}

std::string Served::ask(std::string_view bytes) const {
    RawClient client(port());
    return client.is_open() && client.send(bytes) ? client.answer() : "no connection";
}

std::string Served::get(std::string_view path, std::string_view headers) const {
    return ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" +
               std::string(headers) + "\r\n");
}

void Served::let_go() {
    const std::scoped_lock lock(mutex_);
    may_go_ = true;
    changed_.notify_all();
}

void Served::await_waiting(int n) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return n_waiting_ >= n; });
}

std::vector<std::string> Served::log() {
    const std::scoped_lock lock(mutex_);
    return log_;
}

}  // namespace fabula::serve
