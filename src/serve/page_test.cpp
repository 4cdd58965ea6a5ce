// SPDX-License-Identifier: 0BSD
#include "serve/page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace fabula::serve {
namespace {

constexpr std::array<PageFile, 2> files{
    PageFile{"/", "text/html; charset=utf-8", "<!doctype html>", "", "00ff", false},
    PageFile{"/assets/index-B2x9fQ1a.js", "text/javascript", "let a;", "GZIP", "11ee", true}};

Request request_with(std::string name, std::string value) {
    Request request;
    request.headers.emplace(std::move(name), std::move(value));
    return request;
}

std::string header(const Response& response, const std::string& name) {
    const auto found = std::find_if(response.headers.begin(), response.headers.end(),
                                    [&](const auto& header) { return header.first == name; });
    return found == response.headers.end() ? "" : found->second;
}

TEST(Page, sends_what_the_reader_takes) {
    for (const char* taken : {"gzip", "br, gzip;q=0.5", "*", "deflate,gzip ; q=1.0"}) {
        const auto response = answer_with(files[1], request_with("accept-encoding", taken));
        EXPECT_EQ(response.body, "GZIP") << taken;
        EXPECT_EQ(header(response, "Content-Encoding"), "gzip");
        EXPECT_EQ(header(response, "Vary"), "Accept-Encoding");
        EXPECT_EQ(response.content_type, "text/javascript");
    }
    for (const char* taken : {"", "br", "gzip;q=0", "identity, gzip; q=0.0", "xgzip"}) {
        const auto response = answer_with(files[1], request_with("accept-encoding", taken));
        EXPECT_EQ(response.body, "let a;") << taken;
        EXPECT_EQ(header(response, "Content-Encoding"), "");
    }
    EXPECT_EQ(answer_with(files[0], request_with("accept-encoding", "gzip")).body,
              "<!doctype html>");
}

TEST(Page, is_not_sent_again_where_the_reader_has_it) {
    const std::string etag = header(answer_with(files[0], Request{}), "ETag");
    EXPECT_EQ(etag, "\"00ff\"");
    for (const std::string& known : {etag, "W/" + etag, "\"x\", " + etag, std::string("*")}) {
        const auto response = answer_with(files[0], request_with("if-none-match", known));
        EXPECT_EQ(response.status, 304) << known;
        EXPECT_EQ(response.body, "");
        EXPECT_EQ(header(response, "ETag"), etag);
    }
    EXPECT_EQ(answer_with(files[0], request_with("if-none-match", "\"00\"")).status, 200);
    // The two encodings are two things.
    auto request = request_with("if-none-match", "\"11ee\"");
    EXPECT_EQ(answer_with(files[1], request).status, 304);
    request.headers.emplace("accept-encoding", "gzip");
    EXPECT_EQ(answer_with(files[1], request).status, 200);
}

TEST(Page, is_kept_for_good_only_under_a_name_of_its_content) {
    EXPECT_EQ(header(answer_with(files[0], Request{}), "Cache-Control"), "no-cache");
    EXPECT_EQ(header(answer_with(files[1], Request{}), "Cache-Control"),
              "public, max-age=31536000, immutable");
}

TEST(Page, has_a_route_for_each_file_and_for_nothing_else) {
    Router router;
    add_page(router, files);
    ASSERT_EQ(router.routes().size(), 2U);
    for (const Route& route : router.routes())
        EXPECT_TRUE(route.is_open);
    EXPECT_EQ(router.find(Method::get, "/").route->handler(Request{}).body, "<!doctype html>");
    for (const char* path : {"/assets/../index.html", "/assets/", "/etc/passwd", "/index.html"})
        EXPECT_EQ(router.find(Method::get, path).route, nullptr) << path;
}

TEST(Page, that_was_built_in_begins_at_the_root) {
    const auto built_in = page_files();
    const auto root = std::find_if(built_in.begin(), built_in.end(),
                                   [](const PageFile& file) { return file.path == "/"; });
    ASSERT_NE(root, built_in.end());
    EXPECT_TRUE(root->plain.starts_with("<!doctype html>") ||
                root->plain.starts_with("<!DOCTYPE html>"));
    EXPECT_EQ(root->digest.size(), 24U);
    EXPECT_FALSE(root->is_hashed);
    EXPECT_TRUE(root->gzip.empty() || root->gzip.starts_with("\x1f\x8b"));
}

}  // namespace
}  // namespace fabula::serve
