// SPDX-License-Identifier: 0BSD
#include "serve/gate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace fabula::serve {
namespace {

Allowed local() {
    return {"127.0.0.1", {}, {}, ""};
}

int status_of(const std::optional<Refusal>& refusal) {
    return refusal ? refusal->status : 0;
}

int origin_status(const Headers& headers, const Allowed& allowed = local(),
                  std::string_view method = "POST", std::string_view path = "/api/v1/stories") {
    return status_of(refusal_of_origin(headers, method, path, allowed));
}

TEST(Gate, knows_loopback_by_its_names) {
    for (const char* host : {"localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:1", "127.9.8.7",
                             "[::1]", "[::1]:8080", "localhost.:80"})
        EXPECT_TRUE(is_known_host(host, local())) << host;
}

TEST(Gate, knows_no_name_that_it_was_not_told) {
    for (const char* host :
         {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:80",
          "10.0.0.1", "localhost:", "localhost:x", "localhost:999999", "[::1", "[::2]", "::1",
          "localhost, evil.example", "evil@localhost", "127.0.0.1:80:80", " localhost"})
        EXPECT_FALSE(is_known_host(host, local())) << host;
}

TEST(Gate, knows_the_names_that_it_was_told) {
    const Allowed allowed{"10.0.0.5", {"Fabula.example", "fd00::5", "named.example:8443"}, {}, ""};
    for (const char* host : {"10.0.0.5", "10.0.0.5:8080", "fabula.example", "FABULA.example:443",
                             "[fd00::5]:8080", "named.example", "localhost"})
        EXPECT_TRUE(is_known_host(host, allowed)) << host;
    EXPECT_FALSE(is_known_host("sub.fabula.example", allowed));
    EXPECT_FALSE(is_known_host("10.0.0.50", allowed));
}

TEST(Gate, refuses_a_name_that_was_pointed_here) {
    EXPECT_EQ(origin_status({{"host", "evil.example:8080"}}), 403);
    EXPECT_EQ(
        origin_status({{"host", "evil.example:8080"}, {"origin", "http://evil.example:8080"}}),
        403);
    EXPECT_EQ(origin_status({}), 403);
}

TEST(Gate, lets_its_own_page_speak) {
    EXPECT_EQ(origin_status({{"host", "localhost:8080"}}), 0);
    EXPECT_EQ(origin_status({{"host", "localhost:8080"}, {"origin", "http://localhost:8080"}}), 0);
    EXPECT_EQ(origin_status({{"host", "localhost"}, {"origin", "http://localhost"}}), 0);
    EXPECT_EQ(origin_status({{"host", "localhost"}, {"origin", "http://localhost:80"}}), 0);
    // Behind a proxy that speaks TLS.
    EXPECT_EQ(origin_status({{"host", "localhost"}, {"origin", "https://localhost"}}), 0);
}

TEST(Gate, refuses_the_pages_of_others) {
    for (const char* origin :
         {"null", "", "http://evil.example", "http://localhost:8081", "http://localhost",
          "http://127.0.0.1:8080", "file://", "http://localhost:8080.evil.example",
          "http://evil.example/localhost:8080", "chrome-extension://abcdef"})
        EXPECT_EQ(origin_status({{"host", "localhost:8080"}, {"origin", origin}}), 403) << origin;
}

TEST(Gate, lets_listed_pages_speak_also_from_another_site) {
    Allowed allowed = local();
    allowed.origins = {"https://desk.example", "http://localhost:5173"};
    const Headers listed{{"host", "localhost:8080"},
                         {"origin", "https://desk.example"},
                         {"sec-fetch-site", "cross-site"}};
    EXPECT_EQ(origin_status(listed, allowed), 0);
    EXPECT_EQ(
        origin_status({{"host", "localhost:8080"}, {"origin", "http://localhost:5173"}}, allowed),
        0);
    for (const char* other : {"http://desk.example", "https://desk.example:8443",
                              "https://sub.desk.example", "https://desk.example.evil.example"})
        EXPECT_EQ(origin_status({{"host", "localhost:8080"}, {"origin", other}}, allowed), 403)
            << other;
}

TEST(Gate, refuses_what_another_site_caused_except_going_to_the_page) {
    const Headers image{{"host", "localhost:8080"},
                        {"sec-fetch-site", "cross-site"},
                        {"sec-fetch-mode", "no-cors"}};
    EXPECT_EQ(origin_status(image, local(), "GET", "/api/v1/stories"), 403);
    EXPECT_EQ(origin_status(image, local(), "GET", "/"), 403);
    const Headers link{{"host", "localhost:8080"},
                       {"sec-fetch-site", "cross-site"},
                       {"sec-fetch-mode", "navigate"}};
    EXPECT_EQ(origin_status(link, local(), "GET", "/"), 0);
    EXPECT_EQ(origin_status(link, local(), "GET", "/api/v1/stories/1"), 403);
    EXPECT_EQ(origin_status(link, local(), "POST", "/"), 403);
    EXPECT_EQ(origin_status({{"host", "localhost:8080"}, {"sec-fetch-site", "same-origin"}}), 0);
    EXPECT_EQ(origin_status({{"host", "localhost:8080"}, {"sec-fetch-site", "none"}}), 0);
}

TEST(Gate, asks_for_the_token_that_it_has) {
    Allowed allowed = local();
    EXPECT_EQ(status_of(refusal_of_token({}, allowed)), 0);
    allowed.token = "0123456789abcdef";
    const auto with = [&](const char* name, const char* value) {
        return status_of(refusal_of_token({{name, value}}, allowed));
    };
    EXPECT_EQ(status_of(refusal_of_token({}, allowed)), 401);
    EXPECT_EQ(with("authorization", "Bearer 0123456789abcdef"), 0);
    EXPECT_EQ(with("authorization", "bearer 0123456789abcdef"), 0);
    for (const char* wrong : {"Bearer", "Bearer ", "Bearer 0123456789abcdeg", "0123456789abcdef",
                              "Bearer 0123456789abcde", "Bearer 0123456789abcdef0",
                              "Basic 0123456789abcdef", "Bearer  0123456789abcdef"})
        EXPECT_EQ(with("authorization", wrong), 401) << wrong;
    EXPECT_EQ(with("cookie", "fabula_token=0123456789abcdef"), 0);
    EXPECT_EQ(with("cookie", "a=b; fabula_token=0123456789abcdef; c=d"), 0);
    for (const char* wrong : {"fabula_token=", "fabula_token", "xfabula_token=0123456789abcdef",
                              "fabula_tokens=0123456789abcdef", "a=fabula_token=0123456789abcdef"})
        EXPECT_EQ(with("cookie", wrong), 401) << wrong;
    // A wrong header is not saved by a right cookie.
    EXPECT_EQ(
        status_of(refusal_of_token(
            {{"authorization", "Bearer x"}, {"cookie", "fabula_token=0123456789abcdef"}}, allowed)),
        401);
}

TEST(Gate, compares_secrets_whole) {
    EXPECT_TRUE(is_same_secret("abc", "abc"));
    EXPECT_FALSE(is_same_secret("abd", "abc"));
    EXPECT_FALSE(is_same_secret("ab", "abc"));
    EXPECT_FALSE(is_same_secret("abcd", "abc"));
    EXPECT_FALSE(is_same_secret(std::string_view("abc\0", 4), "abc"));
    EXPECT_FALSE(is_same_secret("", "abc"));
}

TEST(Gate, tells_listed_pages_only_that_they_may_read) {
    Allowed allowed = local();
    const auto names = [&](const Headers& headers) {
        std::string joined;
        for (const auto& header : cors_headers(headers, allowed))
            joined += header.first + ": " + header.second + "\n";
        return joined;
    };
    EXPECT_EQ(names({{"origin", "https://desk.example"}}), "");
    allowed.origins = {"https://desk.example"};
    EXPECT_EQ(names({{"origin", "https://other.example"}}), "Vary: Origin\n");
    const std::string plain = names({{"origin", "https://desk.example"}});
    EXPECT_NE(plain.find("Access-Control-Allow-Origin: https://desk.example\n"), std::string::npos);
    EXPECT_EQ(plain.find("Allow-Methods"), std::string::npos);
    EXPECT_EQ(plain.find("Credentials"), std::string::npos);
    const std::string preflight =
        names({{"origin", "https://desk.example"}, {"access-control-request-method", "POST"}});
    EXPECT_NE(preflight.find("Access-Control-Allow-Methods: GET, POST, PUT, DELETE\n"),
              std::string::npos);
}

}  // namespace
}  // namespace fabula::serve
