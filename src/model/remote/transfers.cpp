// SPDX-License-Identifier: 0BSD
#include "model/remote/transfers.h"

#include "model/remote/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <map>

namespace fabula::model {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_head_bytes = std::size_t{64} << 10;

struct CloseHandle {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct CloseMulti {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// Once a process, before there are threads that use it.
bool is_ready() {
    static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    return ready;
}

struct Exchange {
    std::size_t id = 0;
    HttpRequest request;
    Transfers::Take take;
    HttpHead head;
    std::size_t head_bytes = 0;
    std::size_t body_bytes = 0;
    HttpFault fault = HttpFault::none;  // ours, where we ended it
    Clock::time_point start;
    Clock::time_point last_byte;
    double first_byte_seconds = 0;
    std::unique_ptr<curl_slist, FreeList> headers;
    std::unique_ptr<CURL, CloseHandle> handle;
};

double seconds_between(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

std::size_t take_body(char* bytes, std::size_t size, std::size_t n, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    const std::size_t length = size * n;
    exchange.last_byte = Clock::now();
    if (exchange.first_byte_seconds == 0)
        exchange.first_byte_seconds = seconds_between(exchange.start, exchange.last_byte);
    if (length > exchange.request.most_bytes - exchange.body_bytes) {
        exchange.fault = HttpFault::too_large;
        return 0;  // which ends it
    }
    exchange.body_bytes += length;
    if (exchange.take && !exchange.take(exchange.head, {bytes, length})) {
        exchange.fault = HttpFault::refused;
        return 0;
    }
    return length;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(space)));
    return text.substr(0, text.find_last_not_of(space) + 1);
}

std::size_t take_head(char* bytes, std::size_t size, std::size_t n, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    const std::size_t length = size * n;
    exchange.last_byte = Clock::now();
    exchange.head_bytes += length;
    if (exchange.head_bytes > most_head_bytes) {
        exchange.fault = HttpFault::too_large;
        return 0;
    }
    const std::string_view line(bytes, length);
    if (line.starts_with("HTTP/")) {  // an interim answer came before
        exchange.head = {};
        const auto space = line.find(' ');
        if (space != std::string_view::npos) {
            for (const char c : line.substr(space + 1, 3))
                exchange.head.status = exchange.head.status * 10 + std::clamp(c - '0', 0, 9);
        }
        return length;
    }
    const auto colon = line.find(':');
    if (colon != std::string_view::npos)
        exchange.head.headers[lower(trimmed(line.substr(0, colon)))] =
            trimmed(line.substr(colon + 1));
    return length;
}

bool has_line_break(const std::string& text) {
    return text.find_first_of("\r\n") != std::string::npos;
}

// False where a header cannot be sent.
bool add_headers(Exchange& exchange) {
    std::vector<std::string> headers = exchange.request.headers;
    if (!exchange.request.key.empty())
        headers.push_back("Authorization: Bearer " + exchange.request.key);
    if (!exchange.request.body.empty()) {
        headers.emplace_back("Content-Type: application/json");
        headers.emplace_back("Expect:");  // no pause before the body
    }
    for (const auto& header : headers) {
        if (has_line_break(header)) return false;
        auto* const longer = curl_slist_append(exchange.headers.get(), header.c_str());
        if (longer == nullptr) return false;
        (void)exchange.headers.release();
        exchange.headers.reset(longer);
    }
    return true;
}

void set_up(Exchange& exchange) {
    CURL* const handle = exchange.handle.get();
    const auto& request = exchange.request;
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_ms));
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_ms));
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_head);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "fabula");
    curl_easy_setopt(handle, CURLOPT_PRIVATE, &exchange);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, exchange.headers.get());
    if (request.is_head) curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    if (request.body.empty()) return;
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
}

HttpFault fault_of(CURLcode code) {
    switch (code) {
        case CURLE_OK:
            return HttpFault::none;
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return HttpFault::address;
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_CONNECT:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
            return HttpFault::unreachable;
        case CURLE_OPERATION_TIMEDOUT:
            return HttpFault::timed_out;
        default:
            return HttpFault::broken;
    }
}

std::string message_of(HttpFault fault, CURLcode code, const Exchange& exchange) {
    if (fault == HttpFault::none) return "";
    if (fault == HttpFault::too_large)
        return "more than " + std::to_string(exchange.request.most_bytes) + " bytes";
    if (fault == HttpFault::timed_out)
        return exchange.head.status == 0 ? "no answer in time" : "the answer took too long";
    if (fault == HttpFault::refused) return "not wanted any more";
    return curl_easy_strerror(code);
}

}  // namespace

std::string HttpHead::header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
}

struct Transfers::State {
    std::unique_ptr<CURLM, CloseMulti> multi;
    std::map<std::size_t, std::unique_ptr<Exchange>> open;
    std::size_t next_id = 1;

    void close(std::size_t id) {
        const auto found = open.find(id);
        if (found == open.end()) return;
        curl_multi_remove_handle(multi.get(), found->second->handle.get());
        open.erase(found);
    }

    HttpEnded end(Exchange& exchange, CURLcode code) {
        HttpEnded ended;
        ended.id = exchange.id;
        ended.fault = exchange.fault != HttpFault::none ? exchange.fault : fault_of(code);
        // Where the connection was never made nothing was asked, whatever ended it.
        long connects = 0;
        curl_easy_getinfo(exchange.handle.get(), CURLINFO_NUM_CONNECTS, &connects);
        curl_off_t connect_us = 0;
        curl_easy_getinfo(exchange.handle.get(), CURLINFO_CONNECT_TIME_T, &connect_us);
        if (ended.fault == HttpFault::timed_out && connects == 1 && connect_us == 0)
            ended.fault = HttpFault::unreachable;
        ended.message = message_of(ended.fault, code, exchange);
        ended.head = std::move(exchange.head);
        ended.first_byte_seconds = exchange.first_byte_seconds;
        ended.seconds = seconds_between(exchange.start, Clock::now());
        close(ended.id);
        return ended;
    }

    void take_ended(std::vector<HttpEnded>& ended) {
        int n_left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi.get(), &n_left)) {
            if (message->msg != CURLMSG_DONE) continue;
            void* user = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &user);
            ended.push_back(end(*static_cast<Exchange*>(user), message->data.result));
        }
    }

    void take_idle(std::vector<HttpEnded>& ended) {
        const auto now = Clock::now();
        std::vector<Exchange*> idle;
        for (const auto& [id, exchange] : open) {
            if (now - exchange->last_byte > std::chrono::milliseconds(exchange->request.idle_ms))
                idle.push_back(exchange.get());
        }
        for (auto* exchange : idle)
            ended.push_back(end(*exchange, CURLE_OPERATION_TIMEDOUT));
    }
};

Transfers::Transfers() : state_(std::make_unique<State>()) {
    if (is_ready()) state_->multi.reset(curl_multi_init());
}

Transfers::~Transfers() {
    while (!state_->open.empty())
        state_->close(state_->open.begin()->first);
}

Result<std::size_t> Transfers::begin(HttpRequest request, Take take) {
    const std::string name = "'" + shown_url(request.url) + "'";
    if (!is_url(request.url) || has_line_break(request.url))
        return Error{ErrorCode::invalid_input, name + " is no address of http or https"};
    const Error cannot{ErrorCode::unavailable, name + ": the HTTP client cannot begin"};
    if (!state_->multi) return cannot;
    auto exchange = std::make_unique<Exchange>();
    exchange->id = state_->next_id++;
    exchange->request = std::move(request);
    exchange->take = std::move(take);
    exchange->start = exchange->last_byte = Clock::now();
    exchange->handle.reset(curl_easy_init());
    if (!exchange->handle) return cannot;
    if (!add_headers(*exchange))
        return Error{ErrorCode::invalid_input, name + ": a line break in what is to be sent"};
    set_up(*exchange);
    if (curl_multi_add_handle(state_->multi.get(), exchange->handle.get()) != CURLM_OK)
        return cannot;
    const std::size_t id = exchange->id;
    state_->open.emplace(id, std::move(exchange));
    return id;
}

void Transfers::cancel(std::size_t id) {
    state_->close(id);
}

std::size_t Transfers::n_open() const {
    return state_->open.size();
}

std::vector<HttpEnded> Transfers::run(std::chrono::milliseconds most, const std::stop_token& stop) {
    std::vector<HttpEnded> ended;
    const auto end = Clock::now() + most;
    auto* const multi = state_->multi.get();
    if (multi == nullptr) return ended;
    const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
    while (ended.empty() && !stop.stop_requested()) {
        int n_running = 0;
        curl_multi_perform(multi, &n_running);
        state_->take_ended(ended);
        state_->take_idle(ended);
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        if (!ended.empty() || left <= 0) break;
        // Looks up now and then, for those that are idle too long.
        curl_multi_poll(multi, nullptr, 0, static_cast<int>(std::min<std::int64_t>(left, 250)),
                        nullptr);
    }
    return ended;
}

Result<HttpAnswer> exchange(HttpRequest request, const std::stop_token& stop) {
    const std::string name = "'" + shown_url(request.url) + "'";
    Transfers transfers;
    HttpAnswer answer;
    const auto id =
        transfers.begin(std::move(request), [&](const HttpHead&, std::string_view bytes) {
            answer.body += bytes;
            return true;
        });
    if (!id) return id.error();
    while (!stop.stop_requested()) {
        auto ended = transfers.run(std::chrono::seconds(1), stop);
        if (ended.empty()) continue;
        answer.ended = std::move(ended.front());
        return answer;
    }
    return Error{ErrorCode::unavailable, name + ": stopped"};
}

}  // namespace fabula::model
