// SPDX-License-Identifier: 0BSD
#include "serve/session.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

namespace fabula::serve {
namespace {

Response ask(const Route& route, std::string body) {
    Request request;
    request.method = Method::post;
    request.body = std::move(body);
    return route.handler(request);
}

TEST(Session, gives_the_cookie_for_the_token) {
    const Route route = session_route("0123456789abcdef");
    EXPECT_TRUE(route.is_open);
    const auto response = ask(route, R"({"token":"0123456789abcdef"})");
    EXPECT_EQ(response.status, 204);
    ASSERT_EQ(response.headers.size(), 1U);
    EXPECT_EQ(response.headers[0].first, "Set-Cookie");
    EXPECT_EQ(response.headers[0].second,
              "fabula_token=0123456789abcdef; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000");
}

TEST(Session, refuses_everything_else_and_shows_nothing_of_it) {
    const Route route = session_route("0123456789abcdef");
    for (const char* body : {"", "{", "[]", "{}", R"({"token":1})", R"({"token":"a","b":1})"})
        EXPECT_EQ(ask(route, body).status, 400) << body;
    const auto wrong = ask(route, R"({"token":"secret words"})");
    EXPECT_EQ(wrong.status, 401);
    EXPECT_TRUE(wrong.headers.empty());
    EXPECT_EQ(wrong.body.find("secret"), std::string::npos);
}

TEST(Session, stops_looking_after_ten_wrong_guesses_but_lets_the_right_one_in) {
    const Route route = session_route("0123456789abcdef");
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(ask(route, R"({"token":"x"})").status, 401);
    const auto limited = ask(route, R"({"token":"y"})");
    EXPECT_EQ(limited.status, 429);
    ASSERT_EQ(limited.headers.size(), 1U);
    EXPECT_EQ(limited.headers[0].first, "Retry-After");
    EXPECT_EQ(ask(route, R"({"token":"0123456789abcdef"})").status, 204);
}

TEST(Session, needs_nothing_where_no_token_is_asked_for) {
    const auto response = ask(session_route(""), R"({"token":"x"})");
    EXPECT_EQ(response.status, 204);
    EXPECT_TRUE(response.headers.empty());
}

TEST(GuessLimit, opens_again_when_its_period_is_over) {
    GuessLimit limit(2, std::chrono::seconds(60));
    const auto begin = std::chrono::steady_clock::now();
    const auto after = [&](int seconds) { return begin + std::chrono::seconds(seconds); };
    limit.note_wrong_guess(begin);
    EXPECT_TRUE(limit.is_open(after(1)));
    limit.note_wrong_guess(after(2));
    EXPECT_FALSE(limit.is_open(after(59)));
    EXPECT_TRUE(limit.is_open(after(60)));
    limit.note_wrong_guess(after(61));
    limit.note_wrong_guess(after(61));
    EXPECT_FALSE(limit.is_open(after(120)));
    EXPECT_TRUE(limit.is_open(after(121)));
}

}  // namespace
}  // namespace fabula::serve
