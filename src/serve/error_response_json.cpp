// SPDX-License-Identifier: 0BSD
// The one table from error codes to HTTP statuses, and the body that every refusal has.
#include "serve/http.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace fabula::serve {

namespace {

int status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_input:
            return 400;
        case ErrorCode::not_found:
            return 404;
        case ErrorCode::conflict:
            return 409;
        case ErrorCode::exhausted:
        case ErrorCode::unavailable:
            return 503;
        case ErrorCode::corrupt:
            return 500;
    }
    return 500;
}

}  // namespace

Response error_response(const Error& error) {
    return error_response(status_of(error.code), name_of(error.code), error.message);
}

Response error_response(int status, std::string_view code, std::string_view message) {
    const nlohmann::json body{
        {"error", {{"code", std::string(code)}, {"message", std::string(message)}}}};
    Response response;
    response.status = status;
    // A message may quote bytes that somebody sent: what is no UTF-8 becomes U+FFFD.
    response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", "2");
    return response;
}

}  // namespace fabula::serve
