// SPDX-License-Identifier: 0BSD
// Requests from foreign bytes, as they come over a connection, one behind the other: never a crash;
// what reaches a handler has been through the gate and is within the route's bounds; what comes
// back is an answer. No sockets: the link is memory. Seeds: corpus/http_request.
#include "base/utf8.h"
#include "serve/exchange.h"
#include "serve/head.h"
#include "serve/page.h"
#include "serve/session.h"
#include "serve/target.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace fabula::serve;

struct Counts {
    unsigned long seen = 0;
    unsigned long passed = 0;

    Counts() = default;
    Counts(const Counts&) = delete;
    Counts& operator=(const Counts&) = delete;
    ~Counts() { std::fprintf(stderr, "first check: %lu of %lu passed\n", passed, seen); }
};

constexpr std::size_t most_body_bytes = 200;

class MemoryLink final : public Link {
public:
    explicit MemoryLink(std::string_view in) : in_(in) {}
    std::string_view buffered() const override { return in_.substr(0, n_arrived_); }
    void consume(std::size_t n) override {
        in_.remove_prefix(n);
        n_arrived_ -= n;
    }
    // As a network does it: in parts.
    Filled fill() override {
        if (n_arrived_ == in_.size()) return Filled::ended;
        n_arrived_ = std::min(n_arrived_ + 7, in_.size());
        return Filled::more;
    }
    bool write(std::string_view bytes) override {
        out += bytes;
        return true;
    }
    bool begin_streaming() override { return true; }
    bool is_open() override { return true; }
    std::string_view left() const { return in_; }

    std::string out;

private:
    std::string_view in_;
    std::size_t n_arrived_ = 0;
};

Response judged(const Request& request, const Allowed& allowed) {
    const bool is_clean = std::none_of(request.path.begin(), request.path.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (!request.path.starts_with('/') || !is_clean || !fabula::is_utf8(request.path) ||
        !fabula::is_utf8(request.body) || request.body.size() > most_body_bytes)
        std::abort();
    for (const auto& [name, value] : request.query)
        if (!fabula::is_utf8(name) || !fabula::is_utf8(value)) std::abort();
    if (!is_known_host(request.header("host"), allowed)) std::abort();
    if (refusal_of_token(request.headers, allowed)) std::abort();
    if (!request.body.empty() && request.method == Method::get) std::abort();
    Response response;
    response.body = "{}";
    return response;
}

House& house() {
    static House house;
    if (!house.router.routes().empty()) return house;
    house.run_name = "fuzz";
    house.allowed = {"127.0.0.1", {"fabula.example"}, {"https://desk.example"}, "0123456789abcdef"};
    for (const Method method : {Method::get, Method::post, Method::put, Method::remove}) {
        Route route;
        route.method = method;
        route.path = "/api/v1/stories/{id}";
        route.name = name_of(method);
        route.most_body_bytes = most_body_bytes;
        if (method == Method::post) route.request_schema = "Body";
        route.handler = [](const Request& request) { return judged(request, house.allowed); };
        house.router.add(std::move(route));
    }
    Route events;
    events.path = "/events";
    events.name = "events";
    events.handler = [](const Request&) {
        Response response;
        response.content_type = "text/event-stream";
        response.stream = [](Stream& stream) { stream.write("data: 1\n\n"); };
        return response;
    };
    house.router.add(std::move(events));
    house.router.add(session_route(house.allowed.token));
    add_page(house.router, page_files());
    return house;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Counts counts;
    static Exchange exchange(house());
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    MemoryLink link(all);
    ++counts.seen;
    const auto target = parse_target(all.substr(0, all.find('\n')));
    if (target && !target->path.starts_with('/')) std::abort();
    // Up to eight requests, each where the one before ended.
    for (int i = 0; i < 8 && !link.left().empty(); ++i) {
        const auto before = link.left().size();
        if (state_of_head(link.left(), HeadLimits{}) != HeadState::ready) break;
        if (i == 0) ++counts.passed;
        link.out.clear();
        const auto outcome = exchange.answer(link, Exchange::Next::keep);
        if (link.left().size() == before) std::abort();
        if (outcome.status != 0 && !link.out.starts_with("HTTP/1.1 ")) std::abort();
        if (outcome.status == 200 && outcome.route.empty()) std::abort();
        if (!outcome.keeps_connection) break;
    }
    if (house().n_streams != 0) std::abort();
    return 0;
}
