// SPDX-License-Identifier: 0BSD
#include "serve/gate.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fabula::serve {

namespace {

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char character) {
        return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                    : character;
    });
    return lower;
}

std::string header_of(const Headers& headers, const std::string& name) {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
}

bool is_port(std::string_view text) {
    return !text.empty() && text.size() <= 5 &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
}

struct Authority {
    std::string name;  // in lower case, without brackets and the dot at the end
    std::string port;  // "" where none stands
};

std::optional<Authority> parse_authority(std::string_view text) {
    std::string_view name;
    std::string_view rest;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        name = text.substr(1, end - 1);
        rest = text.substr(end + 1);
        if (name.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos)
            return std::nullopt;
    } else {
        const auto colon = std::min(text.find(':'), text.size());
        name = text.substr(0, colon);
        rest = text.substr(colon);
        if (name.ends_with('.')) name.remove_suffix(1);
    }
    if (name.empty()) return std::nullopt;
    if (rest.empty()) return Authority{lower_case(name), ""};
    if (rest.front() != ':' || !is_port(rest.substr(1))) return std::nullopt;
    return Authority{lower_case(name), std::string(rest.substr(1))};
}

bool is_loopback_address(std::string_view name) {
    return name == "::1" ||
           (name.starts_with("127.") && std::count(name.begin(), name.end(), '.') == 3 &&
            name.find_first_not_of("0123456789.") == std::string_view::npos);
}

bool is_address(std::string_view name) {
    const bool is_v4 = std::count(name.begin(), name.end(), '.') == 3 &&
                       name.find_first_not_of("0123456789.") == std::string_view::npos;
    const bool is_v6 = std::count(name.begin(), name.end(), ':') > 1 &&
                       name.find_first_not_of("0123456789abcdef:.") == std::string_view::npos;
    return is_v4 || is_v6;
}

// As written in an option: "name", "::1", "[::1]"; a port behind it is not looked at.
bool names_the_same(std::string_view option, std::string_view name) {
    const bool is_bare_address = std::count(option.begin(), option.end(), ':') > 1;
    if (is_bare_address && !option.starts_with('[')) return lower_case(option) == name;
    const auto told = parse_authority(option);
    return told && told->name == name;
}

struct Origin {
    std::string scheme;
    Authority authority;
};

std::optional<Origin> parse_origin(std::string_view text) {
    const auto mark = text.find("://");
    if (mark == std::string_view::npos) return std::nullopt;
    std::string scheme = lower_case(text.substr(0, mark));
    if (scheme != "http" && scheme != "https") return std::nullopt;
    auto authority = parse_authority(text.substr(mark + 3));
    if (!authority) return std::nullopt;
    if (authority->port.empty()) authority->port = scheme == "http" ? "80" : "443";
    return Origin{std::move(scheme), std::move(*authority)};
}

// Behind a proxy that speaks TLS the page is https and Host names no port: then 443 is meant.
bool is_own_origin(std::string_view text, std::string_view host) {
    const auto origin = parse_origin(text);
    auto own = parse_authority(host);
    if (!origin || !own) return false;
    if (own->port.empty()) own->port = origin->scheme == "http" ? "80" : "443";
    return origin->authority.name == own->name && origin->authority.port == own->port;
}

std::string_view cookie_of(std::string_view cookies, std::string_view name) {
    while (!cookies.empty()) {
        const auto end = std::min(cookies.find(';'), cookies.size());
        auto pair = cookies.substr(0, end);
        cookies.remove_prefix(std::min(end + 1, cookies.size()));
        while (pair.starts_with(' '))
            pair.remove_prefix(1);
        if (pair.starts_with(name) && pair.size() > name.size() && pair[name.size()] == '=')
            return pair.substr(name.size() + 1);
    }
    return {};
}

}  // namespace

bool is_known_host(std::string_view host, const Allowed& allowed) {
    const auto asked = parse_authority(host);
    if (!asked) return false;
    const std::string& name = asked->name;
    if (name == "localhost" || is_loopback_address(name)) return true;
    // A name may be made to mean this machine by whoever owns it; an address may not.
    if (allowed.knows_addresses && is_address(name)) return true;
    return names_the_same(allowed.host, name) ||
           std::any_of(allowed.hosts.begin(), allowed.hosts.end(),
                       [&](const std::string& told) { return names_the_same(told, name); });
}

bool is_listed_origin(std::string_view origin, const Allowed& allowed) {
    const auto asked = parse_origin(origin);
    return asked && std::any_of(allowed.origins.begin(), allowed.origins.end(),
                                [&](const std::string& told) {
                                    const auto listed = parse_origin(told);
                                    return listed && listed->scheme == asked->scheme &&
                                           listed->authority.name == asked->authority.name &&
                                           listed->authority.port == asked->authority.port;
                                });
}

std::optional<Refusal> refusal_of_origin(const Headers& headers, std::string_view method,
                                         std::string_view path, const Allowed& allowed) {
    const std::string host = header_of(headers, "host");
    if (!is_known_host(host, allowed))
        return Refusal{403, "forbidden",
                       "the server does not go by the name in the Host header; --allow-host adds a "
                       "name"};
    const auto origin = headers.find("origin");
    const bool is_listed = origin != headers.end() && is_listed_origin(origin->second, allowed);
    if (origin != headers.end() && !is_listed && !is_own_origin(origin->second, host))
        return Refusal{403, "forbidden",
                       "pages of this Origin may not speak to the server; --allow-origin adds one"};
    if (header_of(headers, "sec-fetch-site") == "cross-site" && !is_listed) {
        const bool is_navigation =
            method == "GET" && path == "/" && header_of(headers, "sec-fetch-mode") == "navigate";
        if (!is_navigation)
            return Refusal{403, "forbidden", "the request comes from a page of another site"};
    }
    return std::nullopt;
}

std::optional<Refusal> refusal_of_token(const Headers& headers, const Allowed& allowed) {
    if (allowed.token.empty()) return std::nullopt;
    const std::string authorization = header_of(headers, "authorization");
    if (!authorization.empty()) {
        constexpr std::string_view scheme = "bearer ";
        if (lower_case(std::string_view(authorization).substr(0, scheme.size())) == scheme &&
            is_same_secret(std::string_view(authorization).substr(scheme.size()), allowed.token))
            return std::nullopt;
    } else if (is_same_secret(cookie_of(header_of(headers, "cookie"), "fabula_token"),
                              allowed.token)) {
        return std::nullopt;
    }
    return Refusal{401, "unauthorized",
                   authorization.empty() ? "a token is needed" : "the token is not the right one"};
}

bool is_same_secret(std::string_view given, std::string_view secret) {
    unsigned difference = given.size() == secret.size() ? 0U : 1U;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char against = i < secret.size() ? secret[i] : '\0';
        difference |= static_cast<unsigned>(static_cast<unsigned char>(given[i])) ^
                      static_cast<unsigned>(static_cast<unsigned char>(against));
    }
    return difference == 0;
}

std::vector<std::pair<std::string, std::string>> cors_headers(const Headers& headers,
                                                              const Allowed& allowed) {
    if (allowed.origins.empty()) return {};
    std::vector<std::pair<std::string, std::string>> out{{"Vary", "Origin"}};
    const std::string origin = header_of(headers, "origin");
    if (!is_listed_origin(origin, allowed)) return out;
    out.emplace_back("Access-Control-Allow-Origin", origin);
    out.emplace_back("Access-Control-Expose-Headers", "Retry-After, X-Request-Id");
    if (headers.count("access-control-request-method") != 0) {
        out.emplace_back("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE");
        out.emplace_back("Access-Control-Allow-Headers",
                         "Authorization, Content-Type, Idempotency-Key, Last-Event-ID");
        out.emplace_back("Access-Control-Max-Age", "600");
    }
    return out;
}

const std::vector<std::pair<std::string, std::string>>& security_headers() {
    static const std::vector<std::pair<std::string, std::string>> headers{
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
         "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
         "frame-ancestors 'none'"}};
    return headers;
}

}  // namespace fabula::serve
