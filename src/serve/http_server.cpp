// SPDX-License-Identifier: 0BSD
#include "serve/http_server.h"

#include "serve/exchange.h"
#include "serve/front.h"
#include "serve/listener.h"
#include "serve/token_file.h"

#include <cassert>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace fabula::serve {

struct HttpServer::State {
    HttpOptions options;
    House house;
    int port = 0;
    std::unique_ptr<Front> front;
};

HttpServer::HttpServer(HttpOptions options, Router router) : state_(std::make_unique<State>()) {
    assert(options.most_streams + options.most_body_waits < options.n_workers);
    state_->house.router = std::move(router);
    state_->house.allowed = options.allowed;
    state_->house.most_streams = options.most_streams;
    state_->house.idle_seconds = static_cast<int>(
        std::chrono::duration_cast<std::chrono::seconds>(options.idle_deadline).count());
    state_->options = std::move(options);
}

HttpServer::~HttpServer() {
    stop(std::chrono::milliseconds::zero());
}

Result<Unit> HttpServer::start() {
    assert(!state_->front);
    const auto name = new_token();
    if (!name) return name.error();
    state_->house.run_name = name->substr(0, 8);
    auto listener = listen_on(state_->options.allowed.host, state_->options.port);
    if (!listener) return listener.error();
    state_->port = listener->port;
    auto front = std::make_unique<Front>(state_->options, state_->house, std::move(*listener));
    auto started = front->start();
    if (!started) return started.error();
    state_->front = std::move(front);
    return Unit{};
}

int HttpServer::port() const {
    return state_->port;
}

void HttpServer::stop(std::chrono::milliseconds grace) {
    if (state_->front) state_->front->stop(grace);
}

}  // namespace fabula::serve
