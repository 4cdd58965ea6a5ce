// SPDX-License-Identifier: 0BSD
#include "model/remote/http.h"

#include "model/remote/transfers.h"

#include <algorithm>

namespace fabula::model {

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
    HttpRequest request;
    request.url = url;
    request.connect_ms = request.idle_ms = request.total_ms = limits.timeout_ms;
    request.most_bytes = limits.most_bytes;
    auto answer = exchange(std::move(request));
    if (!answer) return answer.error();
    const auto& ended = answer->ended;
    if (ended.fault == HttpFault::too_large)
        return Error{ErrorCode::exhausted, name + " answers with more than " +
                                               std::to_string(limits.most_bytes) + " bytes"};
    if (ended.fault == HttpFault::address)
        return Error{ErrorCode::invalid_input, name + " is no address of http or https"};
    if (ended.fault != HttpFault::none)
        return Error{ErrorCode::unavailable, name + " does not answer: " + ended.message};
    const int status = ended.head.status;
    if (status == 200) return std::move(answer->body);
    const std::string what = name + " answers with status " + std::to_string(status);
    if (status == 404) return Error{ErrorCode::not_found, what};
    if (status >= 300 && status < 400)
        return Error{ErrorCode::unavailable, what + ", which leads elsewhere and is not followed"};
    return Error{ErrorCode::unavailable, what};
}

}  // namespace fabula::model
