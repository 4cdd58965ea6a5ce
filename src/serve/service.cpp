// SPDX-License-Identifier: 0BSD
#include "serve/service.h"

#include "serve/api_openai.h"
#include "serve/heap.h"
#include "serve/openapi.h"
#include "serve/page.h"
#include "serve/session.h"

#include <utility>

namespace fabula::serve {
namespace {

ScribeOptions scribe_options(const ServiceOptions& options) {
    return {options.api.offering, options.read_ahead, options.lease, options.on_trouble};
}

// The same routes, whose answers are counted.
Router counted(const Router& routes, Metrics& metrics) {
    Router counted;
    for (Route route : routes.routes()) {
        route.handler = [handler = std::move(route.handler), path = route.path,
                         &metrics](const Request& request) {
            Response response = handler(request);
            metrics.count_answer(path, response.status);
            return response;
        };
        counted.add(std::move(route));
    }
    return counted;
}

}  // namespace

Service::Service(std::unique_ptr<model::Generator> generator, OpenStore open_store,
                 ServiceOptions options)
    : stores_(std::move(open_store), options.most_stores),
      scribe_(std::move(generator), stores_, feeds_, metrics_, scribe_options(options)),
      api_{stores_, feeds_, scribe_, metrics_, std::move(options.api)} {
    Router routes;
    add_api(routes, api_);
    add_openai_routes(routes, api_);
    routes.add(session_route(options.http.allowed.token));
    add_openapi_routes(routes, api_.options.version);
    add_page(routes, page_files());
    Router router = counted(routes, metrics_);
    http_ = std::make_unique<HttpServer>(std::move(options.http), std::move(router));
}

Service::~Service() {
    stop();
}

Result<Unit> Service::start() {
    if (const auto store = stores_.take(); !store) return store.error();
    if (auto listening = http_->start(); !listening) return listening;
    scribe_.start();
    watcher_ = std::thread([this] { look_after(); });
    return Unit{};
}

void Service::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (is_stopping_) return;
        is_stopping_ = true;
    }
    changed_.notify_all();
    // What is being drawn first, so that its readers still hear what became of it.
    scribe_.stop();
    if (watcher_.joinable()) watcher_.join();
    feeds_.close_all();
    http_->stop(std::chrono::seconds(2));
}

void Service::look_after() {
    constexpr int looks_between = 10;
    std::unique_lock lock(mutex_);
    for (int n = 1; !is_stopping_; ++n) {
        changed_.wait_for(lock, std::chrono::seconds(1), [&] { return is_stopping_; });
        if (is_stopping_) return;
        lock.unlock();
        tell_news(api_);
        if (n % looks_between == 0) give_back_free_memory();
        lock.lock();
    }
}

}  // namespace fabula::serve
