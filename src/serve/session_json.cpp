// SPDX-License-Identifier: 0BSD
#include "serve/gate.h"
#include "serve/session.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace fabula::serve {

namespace {

std::optional<std::string> token_in(const std::string& body) {
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object() || json.size() != 1) return std::nullopt;
    const auto found = json.find("token");
    if (found == json.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

Response answer(const Request& request, const std::string& token, GuessLimit& limit) {
    const auto given = token_in(request.body);
    if (!given) return error_response(400, "invalid_input", R"(the body must be {"token": "..."})");
    Response response;
    response.status = 204;
    if (token.empty()) return response;
    // Whoever has the token comes in, however many others guess.
    const auto now = std::chrono::steady_clock::now();
    const bool is_right = is_same_secret(*given, token);
    if (!is_right && !limit.is_open(now)) {
        auto refusal = error_response(429, "exhausted", "too many wrong tokens; wait a minute");
        refusal.headers = {{"Retry-After", "60"}};
        return refusal;
    }
    if (!is_right) {
        limit.note_wrong_guess(now);
        return error_response(401, "unauthorized", "the token is not the right one");
    }
    response.headers.emplace_back(
        "Set-Cookie",
        "fabula_token=" + token + "; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000");
    return response;
}

}  // namespace

bool GuessLimit::is_open(Time now) {
    const std::scoped_lock lock(mutex_);
    forget_old(now);
    return n_ < most_;
}

void GuessLimit::note_wrong_guess(Time now) {
    const std::scoped_lock lock(mutex_);
    forget_old(now);
    if (n_ == 0) since_ = now;
    ++n_;
}

void GuessLimit::forget_old(Time now) {
    if (n_ > 0 && now - since_ >= period_) n_ = 0;
}

Route session_route(std::string token) {
    Route route;
    route.method = Method::post;
    route.path = "/api/v1/session";
    route.name = "openSession";
    route.summary = "Exchange the token for a cookie";
    route.tag = "server";
    route.request_schema = "Session";
    route.errors = {400, 401, 429};
    route.success = 204;
    route.most_body_bytes = 4096;
    route.is_open = true;
    const auto limit = std::make_shared<GuessLimit>(10, std::chrono::seconds(60));
    route.handler = [token = std::move(token), limit](const Request& request) {
        return answer(request, token, *limit);
    };
    return route;
}

}  // namespace fabula::serve
