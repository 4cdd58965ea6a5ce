// SPDX-License-Identifier: 0BSD
#include "serve/page.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace fabula::serve {

namespace {

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t'))
        text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t'))
        text.remove_suffix(1);
    return text;
}

// Calls `what` with each part of a list until it returns true.
template <typename What>
bool any_part(std::string_view list, char separator, What what) {
    while (!list.empty()) {
        const auto end = std::min(list.find(separator), list.size());
        if (what(trimmed(list.substr(0, end)))) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

// "gzip", "gzip;q=0.5", "br, gzip"; not "gzip;q=0".
bool takes_gzip(std::string_view accept_encoding) {
    return any_part(accept_encoding, ',', [](std::string_view part) {
        const auto end = std::min(part.find(';'), part.size());
        const auto name = trimmed(part.substr(0, end));
        if (name != "gzip" && name != "*") return false;
        const auto weight = trimmed(part.substr(std::min(end + 1, part.size())));
        return !weight.starts_with("q=") ||
               weight.find_first_of("123456789", 2) != std::string_view::npos;
    });
}

bool names(std::string_view if_none_match, std::string_view etag) {
    return any_part(if_none_match, ',', [&](std::string_view part) {
        if (part.starts_with("W/")) part.remove_prefix(2);
        return part == "*" || part == etag;
    });
}

}  // namespace

Response answer_with(const PageFile& file, const Request& request) {
    const bool is_gzip = !file.gzip.empty() && takes_gzip(request.header("accept-encoding"));
    const std::string etag = "\"" + std::string(file.digest) + (is_gzip ? "-gzip" : "") + "\"";
    Response response;
    response.content_type = file.content_type;
    response.headers.emplace_back("ETag", etag);
    response.headers.emplace_back(
        "Cache-Control", file.is_hashed ? "public, max-age=31536000, immutable" : "no-cache");
    if (!file.gzip.empty()) response.headers.emplace_back("Vary", "Accept-Encoding");
    if (names(request.header("if-none-match"), etag)) {
        response.status = 304;
        return response;
    }
    if (is_gzip) response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = is_gzip ? file.gzip : file.plain;
    return response;
}

void add_page(Router& router, std::span<const PageFile> files) {
    for (const PageFile& file : files) {
        Route route;
        route.path = file.path;
        route.name = std::string("page") + route.path;
        route.summary = file.path == "/" ? "The page" : "A part of the page";
        route.tag = "page";
        route.content_type = file.content_type;
        route.is_open = true;
        route.handler = [&file](const Request& request) { return answer_with(file, request); };
        router.add(std::move(route));
    }
}

}  // namespace fabula::serve
