// SPDX-License-Identifier: 0BSD
// `fabula serve` without its command line: database, model, feeds, routes and HTTP put together.
#pragma once

#include "serve/api.h"
#include "serve/http_server.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace fabula::serve {

struct ServiceOptions {
    HttpOptions http;
    ApiOptions api;
    std::size_t read_ahead = 8;
    std::size_t most_stores = 8;  // connections to the database; each holds a story while it works
    std::chrono::milliseconds lease{15000};
    std::function<void(const std::string&)> on_trouble;
};

class Service {
public:
    /// `generator` is the scribe's from here on.
    Service(std::unique_ptr<model::Generator> generator, OpenStore open_store,
            ServiceOptions options);
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    ~Service();

    /// Opens the database, listens and serves. Errors: those of both.
    Result<Unit> start();
    /// Requires that start() succeeded.
    int port() const { return http_->port(); }

    /// Readers hear "bye", what is being drawn is kept as far as it is written, and the rest of the
    /// queue waits in the database for the next server.
    void stop();

private:
    void look_after();

    Metrics metrics_;
    Feeds feeds_;
    StorePool stores_;
    Scribe scribe_;
    Api api_;
    std::unique_ptr<HttpServer> http_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_stopping_ = false;
    std::thread watcher_;
};

}  // namespace fabula::serve
