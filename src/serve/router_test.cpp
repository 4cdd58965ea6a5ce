// SPDX-License-Identifier: 0BSD
#include "serve/http.h"
#include "serve/target.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fabula::serve {
namespace {

Route route(Method method, std::string path) {
    Route route;
    route.method = method;
    route.name = std::string(name_of(method)) + path;
    route.path = std::move(path);
    return route;
}

Router made() {
    Router router;
    router.add(route(Method::get, "/"));
    router.add(route(Method::get, "/api/v1/stories"));
    router.add(route(Method::post, "/api/v1/stories"));
    router.add(route(Method::get, "/api/v1/settings/{step}"));
    router.add(route(Method::get, "/api/v1/settings/schema"));
    router.add(route(Method::remove, "/api/v1/stories/{id}"));
    router.add(route(Method::get, "/api/v1/stories/{id}/offers/{offer}"));
    return router;
}

std::string found(const Router& router, Method method, std::string_view path) {
    const auto match = router.find(method, path);
    return match.route == nullptr ? "none" : match.route->name;
}

TEST(Router, finds_the_route_of_a_path) {
    const Router router = made();
    EXPECT_EQ(found(router, Method::get, "/"), "GET/");
    EXPECT_EQ(found(router, Method::get, "/api/v1/stories"), "GET/api/v1/stories");
    EXPECT_EQ(found(router, Method::post, "/api/v1/stories"), "POST/api/v1/stories");
}

TEST(Router, names_the_parameters) {
    const Router router = made();
    const auto match = router.find(Method::get, "/api/v1/stories/7/offers/\xC3\xA9 x");
    ASSERT_NE(match.route, nullptr);
    EXPECT_EQ(match.parameters.size(), 2U);
    EXPECT_EQ(match.parameters.at("id"), "7");
    EXPECT_EQ(match.parameters.at("offer"), "\xC3\xA9 x");
}

TEST(Router, prefers_a_word_to_a_parameter) {
    const Router router = made();
    EXPECT_EQ(found(router, Method::get, "/api/v1/settings/schema"), "GET/api/v1/settings/schema");
    EXPECT_EQ(found(router, Method::get, "/api/v1/settings/3"), "GET/api/v1/settings/{step}");
    EXPECT_TRUE(router.find(Method::get, "/api/v1/settings/schema").parameters.empty());
}

TEST(Router, matches_whole_segments_and_no_empty_ones) {
    const Router router = made();
    for (const char* path :
         {"/api/v1/stories/", "//", "/api//v1/stories", "/api/v1/settings/", "/api/v1/stories/7/x",
          "/api/v1/stories/7/offers//", "/API/v1/stories", "/api/v1/stories/../stories"})
        EXPECT_EQ(found(router, Method::get, path), "none") << path;
}

TEST(Router, tells_the_methods_of_a_path) {
    const Router router = made();
    const auto match = router.find(Method::put, "/api/v1/stories");
    EXPECT_EQ(match.route, nullptr);
    EXPECT_EQ(match.allowed, (std::vector<Method>{Method::get, Method::post}));
    EXPECT_TRUE(router.find(Method::put, "/nowhere").allowed.empty());
}

TEST(ErrorResponse, has_the_status_of_its_code) {
    EXPECT_EQ(error_response(Error{ErrorCode::invalid_input, ""}).status, 400);
    EXPECT_EQ(error_response(Error{ErrorCode::not_found, ""}).status, 404);
    EXPECT_EQ(error_response(Error{ErrorCode::conflict, ""}).status, 409);
    EXPECT_EQ(error_response(Error{ErrorCode::exhausted, ""}).status, 503);
    EXPECT_EQ(error_response(Error{ErrorCode::unavailable, ""}).status, 503);
    EXPECT_EQ(error_response(Error{ErrorCode::corrupt, ""}).status, 500);
}

TEST(ErrorResponse, is_json_whatever_the_message_quotes) {
    const auto response = error_response(404, "not_found", "no \"\xFF\"\n");
    EXPECT_EQ(response.body,
              "{\"error\":{\"code\":\"not_found\",\"message\":\"no \\\"\xEF\xBF\xBD\\\"\\n\"}}");
    EXPECT_TRUE(response.headers.empty());
    const auto busy = error_response(503, "unavailable", "busy");
    ASSERT_EQ(busy.headers.size(), 1U);
    EXPECT_EQ(busy.headers[0].first, "Retry-After");
}

TEST(Target, decodes_path_and_query) {
    const auto target = parse_target("/a%20b/%C3%A9+?q=x+y%2Fz&empty&q=last&=v&&n=1%3D");
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_EQ(target->path, "/a b/\xC3\xA9+");
    EXPECT_EQ(target->query.at("q"), "last");
    EXPECT_EQ(target->query.at("empty"), "");
    EXPECT_EQ(target->query.at("n"), "1=");
    EXPECT_EQ(parse_target("/?q=x+y%2Fz")->query.at("q"), "x y/z");
}

TEST(Target, is_refused_where_it_could_mean_two_things) {
    for (const char* raw :
         {"", "*", "http://x/", "a", "/%", "/%4", "/%zz", "/%2f", "/a%2Fb", "/%00", "/a%0d%0a",
          "/%ff", "/%c3", "/%c0%af", "/a#b", "/?%", "/?q=%ff", "/?q=%00", "/\x7f"}) {
        const auto target = parse_target(raw);
        ASSERT_FALSE(target) << raw;
        EXPECT_EQ(target.error().code, ErrorCode::invalid_input) << raw;
    }
}

}  // namespace
}  // namespace fabula::serve
