// SPDX-License-Identifier: 0BSD
#include "serve/service.h"

#include "serve/api_openai.h"
#include "serve/openapi.h"
#include "serve/page.h"

#include <utility>

namespace fabula::serve {
namespace {

ScribeOptions scribe_options(const ServiceOptions& options) {
    return {options.api.offering, options.read_ahead, options.lease, options.on_trouble};
}

}  // namespace

Service::Service(std::unique_ptr<model::Generator> generator, OpenStore open_store,
                 ServiceOptions options)
    : stores_(std::move(open_store), options.most_stores),
      scribe_(std::move(generator), stores_, feeds_, metrics_, scribe_options(options)),
      api_{stores_, feeds_, scribe_, metrics_, std::move(options.api)} {
    Router router;
    add_page_routes(router);
    add_api(router, api_);
    add_openai_routes(router, api_);
    add_openapi_routes(router, api_.options.version);
    auto log = std::move(options.http.log);
    options.http.log = [this, log = std::move(log)](const AccessRecord& record) {
        metrics_.count_answer(record.route, record.status);
        if (log) log(record);
    };
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
    std::unique_lock lock(mutex_);
    while (!is_stopping_) {
        changed_.wait_for(lock, std::chrono::seconds(1), [&] { return is_stopping_; });
        if (is_stopping_) return;
        lock.unlock();
        tell_news(api_);
        lock.lock();
    }
}

}  // namespace fabula::serve
