// SPDX-License-Identifier: 0BSD
#include "serve/exchange.h"

#include "base/utf8.h"
#include "serve/target.h"

#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <ctime>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace fabula::serve {

namespace {

class LinkStream final : public httplib::Stream {
public:
    explicit LinkStream(Link& link) : link_(link) {}

    bool is_readable() const override { return !link_.buffered().empty(); }
    bool wait_readable() const override { return true; }
    bool wait_writable() const override { return true; }
    bool is_peer_alive() const override { return true; }
    ssize_t read(char* to, std::size_t most) override {
        if (link_.buffered().empty()) {
            last_ = link_.fill();
            if (last_ == Link::Filled::ended) return 0;
            if (last_ != Link::Filled::more) return -1;
        }
        const auto bytes = link_.buffered().substr(0, most);
        std::copy(bytes.begin(), bytes.end(), to);
        link_.consume(bytes.size());
        return static_cast<ssize_t>(bytes.size());
    }
    ssize_t write(const char* bytes, std::size_t n) override {
        return link_.write({bytes, n}) ? static_cast<ssize_t>(n) : -1;
    }
    void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
    void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
    socket_t socket() const override { return INVALID_SOCKET; }
    time_t duration() const override { return 0; }
    const char* buffered_data(std::size_t& size) const override {
        const auto bytes = link_.buffered();
        size = bytes.size();
        return bytes.empty() ? nullptr : bytes.data();  // the library takes null alone for nothing
    }
    void consume_buffered(std::size_t n) override { link_.consume(n); }

    /// How the last wait for bytes ended.
    Link::Filled last() const { return last_; }

private:
    Link& link_;
    Link::Filled last_ = Link::Filled::more;
};

class SinkStream final : public Stream {
public:
    SinkStream(httplib::DataSink& sink, Link& link) : sink_(sink), link_(link) {}
    bool write(std::string_view bytes) override { return sink_.write(bytes.data(), bytes.size()); }
    bool is_open() override { return link_.is_open(); }

private:
    httplib::DataSink& sink_;
    Link& link_;
};

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char character) {
        return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                    : character;
    });
    return lower;
}

// Of several of a name the values are joined, as HTTP has it.
Headers headers_of(const httplib::Headers& from) {
    Headers headers;
    for (const auto& [name, value] : from) {
        const std::string key = lower_case(name);
        const auto [at, is_new] = headers.try_emplace(key, value);
        if (!is_new) at->second += (key == "cookie" ? "; " : ", ") + value;
    }
    return headers;
}

std::optional<Method> method_of(std::string_view name) {
    if (name == "GET" || name == "HEAD") return Method::get;
    if (name == "POST") return Method::post;
    if (name == "PUT") return Method::put;
    if (name == "DELETE") return Method::remove;
    return std::nullopt;
}

std::string allow_of(const std::vector<Method>& methods) {
    std::string allow;
    for (const Method method : methods)
        allow += std::string(name_of(method)) + (method == Method::get ? ", HEAD, " : ", ");
    return allow + "OPTIONS";
}

bool is_json(std::string_view content_type) {
    const auto end = std::min(content_type.find(';'), content_type.size());
    auto type = content_type.substr(0, end);
    while (type.ends_with(' '))
        type.remove_suffix(1);
    return lower_case(type) == "application/json";
}

Response refused(const Refusal& refusal) {
    Response response = error_response(refusal.status, refusal.code, refusal.message);
    if (refusal.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

// What the library itself refused, in our words.
Response refused_by_library(int status) {
    switch (status) {
        case 408:
            return error_response(408, "timeout", "the request did not arrive in time");
        case 413:
            return error_response(413, "too_large", "the body is too large");
        case 414:
            return error_response(414, "too_large", "the target is too long");
        case 415:
            return error_response(415, "unsupported_media_type", "the body must not be encoded");
        case 416:
            return error_response(416, "invalid_input", "Range cannot be served");
        case 500:
            return error_response(500, "internal", "something went wrong; the log has it");
        case 503:
            return error_response(503, "unavailable", "the server is busy; try again");
        default:
            return error_response(status, "invalid_input",
                                  "the request is not HTTP as this server understands it");
    }
}

struct Framing {
    bool is_chunked = false;
    std::size_t length = 0;
    bool is_told = false;  // one of the two
};

// Requires that the library took the headers: then they agree with each other, if not with us.
std::optional<Framing> framing_of(const Headers& headers) {
    Framing framing;
    const auto encoding = headers.find("transfer-encoding");
    const auto length = headers.find("content-length");
    if (encoding != headers.end()) {
        if (length != headers.end() || lower_case(encoding->second) != "chunked")
            return std::nullopt;
        framing.is_chunked = framing.is_told = true;
    } else if (length != headers.end()) {
        const std::string& text = length->second;
        if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos)
            return std::nullopt;
        const auto [end, fault] =
            std::from_chars(text.data(), text.data() + text.size(), framing.length);
        if (fault != std::errc()) return std::nullopt;
        framing.is_told = true;
    }
    return framing;
}

// A second one of these would let two readers of a request understand two things.
bool has_double_header(const httplib::Headers& headers) {
    constexpr const char* once[] = {
        "Host",   "Authorization",  "Content-Length",    "Content-Type",
        "Origin", "Sec-Fetch-Site", "Transfer-Encoding", "Idempotency-Key"};
    return std::any_of(std::begin(once), std::end(once),
                       [&](const char* name) { return headers.count(name) > 1; });
}

}  // namespace

// The library's server without its sockets and threads: its parser and its writer over our link.
class Exchange::Parser final : public httplib::Server {
public:
    explicit Parser(House& house) : house_(house) {
        svr_sock_ = 0;  // any but the invalid one, which would mean that the server ends
        std::size_t most_body_bytes = 1;
        for (const Route& route : house.router.routes())
            most_body_bytes = std::max(most_body_bytes, route.most_body_bytes);
        set_payload_max_length(most_body_bytes + 1);
        set_keep_alive_timeout(house.idle_seconds);
        set_pre_routing_handler(
            [this](const httplib::Request& from, httplib::Response& to) { return open(from, to); });
        const auto with_body = [this](const httplib::Request&, httplib::Response& to,
                                      const httplib::ContentReader& reader) {
            read_and_handle(reader, to);
        };
        Post("/", with_body);
        Put("/", with_body);
        Delete("/", with_body);
        set_exception_handler([](const httplib::Request&, httplib::Response& to,
                                 const std::exception_ptr&) { put(refused_by_library(500), to); });
        set_error_handler([](const httplib::Request&, httplib::Response& to) {
            if (!to.body.empty()) return HandlerResponse::Unhandled;
            put(refused_by_library(to.status), to);
            return HandlerResponse::Handled;
        });
        set_post_routing_handler(
            [this](const httplib::Request&, httplib::Response& to) { finish(to); });
    }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;
    ~Parser() override { svr_sock_ = INVALID_SOCKET; }

    Outcome run(Link& link, Next next) {
        turn_ = Turn{};
        turn_.link = &link;
        turn_.outcome.id = house_.run_name + "-" + std::to_string(++house_.n_requests);
        LinkStream stream(link);
        turn_.stream = &stream;
        bool is_closed = false;
        const bool is_answered = serve_guarded([&] {
            return process_request(stream, "", 0, "", 0, next == Next::close, is_closed,
                                   [this](httplib::Request& request) { take_target(request); });
        });
        if (!is_answered || is_closed) turn_.outcome.keeps_connection = false;
        return std::move(turn_.outcome);
    }

private:
    struct Turn {
        Link* link = nullptr;
        const LinkStream* stream = nullptr;
        std::string target;
        bool is_old = false;  // HTTP/1.0
        Request request;
        const Route* route = nullptr;
        Framing framing;
        std::vector<std::pair<std::string, std::string>> cors;
        Outcome outcome;
    };

    // The library's routes are all "/": which one is meant is our router's to find.
    void take_target(httplib::Request& request) {
        turn_.target = std::exchange(request.target, "/");
        request.path = "/";
        request.params.clear();
        request.ranges.clear();
        turn_.is_old = request.version == "HTTP/1.0";
        turn_.outcome.method = request.method;
    }

    HandlerResponse open(const httplib::Request& from, httplib::Response& to) {
        if (const auto refusal = judge(from)) {
            put(*refusal, to);
            return HandlerResponse::Handled;
        }
        if (turn_.framing.is_told && turn_.request.method != Method::get)
            return HandlerResponse::Unhandled;  // with_body follows
        handle(to);
        return HandlerResponse::Handled;
    }

    // The answer to a request that no handler shall see; else the request is filled but for its
    // body.
    std::optional<Response> judge(const httplib::Request& from) {
        const auto target = parse_target(turn_.target);
        if (!target) return error_response(target.error());
        if (has_double_header(from.headers))
            return error_response(400, "invalid_input", "a header stands twice");
        Request& request = turn_.request;
        request.headers = headers_of(from.headers);
        if (request.headers.count("host") == 0)
            return error_response(400, "invalid_input", "the Host header is missing");
        const auto framing = framing_of(request.headers);
        if (!framing)
            return error_response(400, "invalid_input", "the length of the body is told wrongly");
        turn_.framing = *framing;
        if (const auto refusal =
                refusal_of_origin(request.headers, from.method, target->path, house_.allowed))
            return refused(*refusal);
        turn_.cors = cors_headers(request.headers, house_.allowed);
        return find_route(from.method, *target);
    }

    std::optional<Response> find_route(const std::string& name, const Target& target) {
        const auto method = method_of(name);
        auto match = house_.router.find(method.value_or(Method::get), target.path);
        if (match.allowed.empty())
            return error_response(404, "not_found", "there is nothing at this path");
        if (name == "OPTIONS") {
            Response response;
            response.status = 204;
            response.headers.emplace_back("Allow", allow_of(match.allowed));
            return response;
        }
        if (!method || match.route == nullptr) {
            Response response =
                error_response(405, "method_not_allowed", "this path does not know the method");
            response.headers.emplace_back("Allow", allow_of(match.allowed));
            return response;
        }
        turn_.route = match.route;
        turn_.outcome.route = match.route->path;
        if (!match.route->is_open) {
            if (const auto refusal = refusal_of_token(turn_.request.headers, house_.allowed))
                return refused(*refusal);
        }
        turn_.request.method = *method;
        turn_.request.path = target.path;
        turn_.request.query = target.query;
        turn_.request.path_parameters = std::move(match.parameters);
        turn_.request.id = turn_.outcome.id;
        return judge_body();
    }

    std::optional<Response> judge_body() const {
        const Framing& framing = turn_.framing;
        const Route& route = *turn_.route;
        const bool has_body = framing.is_chunked || framing.length > 0;
        if (route.method == Method::get) {
            if (!has_body) return std::nullopt;
            return error_response(400, "invalid_input", "a GET has no body");
        }
        if (!framing.is_told && !route.request_schema.empty())
            return error_response(411, "length_required", "the body is missing");
        if (framing.length > route.most_body_bytes)
            return error_response(
                413, "too_large",
                "the body is larger than " + std::to_string(route.most_body_bytes) + " bytes");
        if (has_body && (!is_json(turn_.request.header("content-type")) ||
                         !turn_.request.header("content-encoding").empty()))
            return error_response(415, "unsupported_media_type",
                                  "the body must be application/json, and not encoded");
        return std::nullopt;
    }

    void read_and_handle(const httplib::ContentReader& reader, httplib::Response& to) {
        std::string& body = turn_.request.body;
        const std::size_t most = turn_.route->most_body_bytes;
        bool is_too_large = false;
        const bool is_read = reader([&](const char* bytes, std::size_t n) {
            is_too_large = n > most - body.size();
            if (!is_too_large) body.append(bytes, n);
            return !is_too_large;
        });
        if (is_read && is_utf8(body)) return handle(to);
        if (is_read) return put(error_response(400, "invalid_input", "the body is not UTF-8"), to);
        int status = is_too_large || to.status == 413 ? 413 : 400;
        if (turn_.stream->last() == Link::Filled::late) status = 408;
        if (turn_.stream->last() == Link::Filled::refused) status = 503;
        put(refused_by_library(status), to);
    }

    void handle(httplib::Response& to) {
        turn_.request.is_open = [link = turn_.link] { return link->is_open(); };
        Response answer = turn_.route->handler(turn_.request);
        if (!answer.stream) return put(answer, to);
        if (++house_.n_streams > house_.most_streams) {
            --house_.n_streams;
            return put(error_response(429, "exhausted", "too many streams are open"), to);
        }
        const std::shared_ptr<House> slot(&house_, [](House* house) { --house->n_streams; });
        put_head(answer, to);
        if (answer.content_type == "text/event-stream") to.set_header("X-Accel-Buffering", "no");
        const auto provide = [link = turn_.link, write = std::move(answer.stream), slot](
                                 std::size_t, httplib::DataSink& sink) {
            if (!link->begin_streaming()) return false;
            SinkStream stream(sink, *link);
            write(stream);
            sink.done();
            return true;
        };
        // A client of HTTP/1.0 knows no chunks: there the end of the connection is the end.
        if (turn_.is_old)
            to.set_content_provider(answer.content_type, provide);
        else
            to.set_chunked_content_provider(answer.content_type, provide);
        if (turn_.is_old) to.set_header("Connection", "close");
    }

    static void put_head(const Response& from, httplib::Response& to) {
        to.status = from.status;
        for (const auto& [name, value] : from.headers)
            to.set_header(name, value);
    }

    static void put(const Response& from, httplib::Response& to) {
        put_head(from, to);
        if (from.status != 204 && from.status != 304) to.set_content(from.body, from.content_type);
    }

    // Runs for every answer, also for those that the library makes itself.
    void finish(httplib::Response& to) {
        for (const auto& [name, value] : security_headers())
            to.set_header(name, value);
        for (const auto& [name, value] : turn_.cors)
            to.set_header(name, value);
        if (!to.has_header("Cache-Control")) to.set_header("Cache-Control", "no-store");
        to.set_header("X-Request-Id", turn_.outcome.id);
        if (to.status == 204 || to.status == 304) to.headers.erase("Content-Length");
        turn_.outcome.status = to.status;
        turn_.outcome.keeps_connection = to.get_header_value("Connection") != "close";
    }

    House& house_;
    Turn turn_;
};

Exchange::Exchange(House& house) : parser_(std::make_unique<Parser>(house)) {}

Exchange::~Exchange() = default;

Exchange::Outcome Exchange::answer(Link& link, Next next) {
    return parser_->run(link, next);
}

}  // namespace fabula::serve
