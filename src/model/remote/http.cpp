// SPDX-License-Identifier: 0BSD
#include "model/remote/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace fabula::model {
namespace {

struct Body {
    std::string bytes;
    std::size_t most_bytes = 0;
    bool is_too_large = false;
};

std::size_t take(char* bytes, std::size_t size, std::size_t n, void* user) {
    auto& body = *static_cast<Body*>(user);
    const std::size_t length = size * n;
    if (length > body.most_bytes - body.bytes.size()) {
        body.is_too_large = true;
        return 0;  // which ends it
    }
    body.bytes.append(bytes, length);
    return length;
}

struct CloseHandle {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, CloseHandle>;

// Once a process, before there are threads that use it.
bool is_ready() {
    static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    return ready;
}

void set_up(CURL* handle, const std::string& url, const HttpLimits& limits, Body& body) {
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.timeout_ms));
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.timeout_ms));
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "fabula");
}

}  // namespace

bool is_url(const std::string& text) {
    return text.starts_with("http://") || text.starts_with("https://");
}

std::string shown_url(const std::string& url) {
    const auto host = url.find("://");
    if (host == std::string::npos) return url.substr(0, url.find_first_of("?#@"));
    const auto begin = host + 3;
    // User and password end at the last @ before the path; either may hold ? and #.
    const auto path = std::min(url.find('/', begin), url.size());
    const auto user = url.rfind('@', path);
    const auto from = user != std::string::npos && user >= begin ? user + 1 : begin;
    const std::string rest = url.substr(from);
    return url.substr(0, begin) + rest.substr(0, rest.find_first_of("?#"));
}

Result<std::string> http_get(const std::string& url, const HttpLimits& limits) {
    const std::string name = "'" + shown_url(url) + "'";
    if (!is_url(url))
        return Error{ErrorCode::invalid_input, name + " is no address of http or https"};
    const Handle handle(is_ready() ? curl_easy_init() : nullptr);
    if (!handle) return Error{ErrorCode::unavailable, name + ": the HTTP client cannot begin"};
    Body body{"", limits.most_bytes, false};
    set_up(handle.get(), url, limits, body);
    const CURLcode fault = curl_easy_perform(handle.get());
    if (body.is_too_large)
        return Error{ErrorCode::exhausted, name + " answers with more than " +
                                               std::to_string(limits.most_bytes) + " bytes"};
    if (fault == CURLE_URL_MALFORMAT || fault == CURLE_UNSUPPORTED_PROTOCOL)
        return Error{ErrorCode::invalid_input, name + " is no address of http or https"};
    if (fault != CURLE_OK)
        return Error{ErrorCode::unavailable,
                     name + " does not answer: " + curl_easy_strerror(fault)};
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status == 200) return std::move(body.bytes);
    const std::string answer = name + " answers with status " + std::to_string(status);
    if (status == 404) return Error{ErrorCode::not_found, answer};
    if (status >= 300 && status < 400)
        return Error{ErrorCode::unavailable,
                     answer + ", which leads elsewhere and is not followed"};
    return Error{ErrorCode::unavailable, answer};
}

}  // namespace fabula::model
