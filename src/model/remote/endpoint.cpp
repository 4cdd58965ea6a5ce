// SPDX-License-Identifier: 0BSD
#include "model/remote/endpoint.h"

#include "model/remote/http.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace fabula::model {
namespace {

struct Address {
    std::string scheme;
    std::string host;
    std::string port;
    std::string_view path;  // from the slash on
    bool has_user = false;
};

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

std::optional<Address> address_of(std::string_view url) {
    Address address;
    const auto colon = url.find("://");
    if (colon == std::string_view::npos) return std::nullopt;
    address.scheme = lower(url.substr(0, colon));
    if (address.scheme != "http" && address.scheme != "https") return std::nullopt;
    url.remove_prefix(colon + 3);
    const auto slash = std::min(url.find_first_of("/?#\\"), url.size());
    auto authority = url.substr(0, slash);
    address.path = url.substr(slash);
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        address.has_user = true;
        authority.remove_prefix(at + 1);
    }
    const auto bracket = authority.rfind(']');
    const auto port = authority.rfind(':');
    const bool has_port =
        port != std::string_view::npos && (bracket == std::string_view::npos || port > bracket);
    address.host = lower(authority.substr(0, has_port ? port : authority.size()));
    address.port = has_port ? std::string(authority.substr(port + 1))
                            : (address.scheme == "https" ? "443" : "80");
    if (address.host.empty() || address.port.empty()) return std::nullopt;
    return address;
}

// The address without slashes at the end and without a route that people copy along with it.
std::string base_of(std::string_view url) {
    constexpr std::array<std::string_view, 7> routes{
        "/chat/completions", "/completions", "/generate_stream", "/api/generate",
        "/api/chat",         "/generate",    "/api/tags"};
    const auto cut_slashes = [&] {
        while (url.ends_with('/'))
            url.remove_suffix(1);
    };
    cut_slashes();
    for (const auto route : routes) {
        if (!url.ends_with(route)) continue;
        url.remove_suffix(route.size());
        break;
    }
    cut_slashes();
    return std::string(url);
}

Error refused(std::string_view text, const std::string& why) {
    return {ErrorCode::invalid_input,
            "endpoint '" + shown_url(std::string(text.substr(0, text.find(',')))) + "': " + why};
}

Result<double> weight_of(std::string_view text, std::string_view value) {
    double weight = 0;
    const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), weight);
    const bool is_number = failure == std::errc() && end == value.data() + value.size();
    if (!is_number || !std::isfinite(weight) || weight <= 0 || weight > 1e6)
        return refused(text, "weight '" + std::string(value) + "' is no number above 0");
    return weight;
}

Result<Unit> set_option(Endpoint& endpoint, std::string_view text, std::string_view option) {
    const auto equals = std::min(option.find('='), option.size());
    const auto name = option.substr(0, equals);
    const auto value = option.substr(std::min(equals + 1, option.size()));
    if (name == "weight") {
        const auto weight = weight_of(text, value);
        if (!weight) return weight.error();
        endpoint.weight = *weight;
        return Unit{};
    }
    if (name == "key" && !value.empty()) {
        const bool is_name = std::all_of(value.begin(), value.end(), [](char c) {
            return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                   c == '_';
        });
        // What is no name may be the key itself: it is not repeated.
        if (!is_name) return refused(text, "key= takes the name of an environment variable");
        endpoint.variable = value;
        return Unit{};
    }
    return refused(text, "an option that is neither weight=N nor key=VARIABLE");
}

}  // namespace

Result<Endpoint> endpoint_named(std::string_view text, RemoteApi api) {
    Endpoint endpoint;
    const auto comma = std::min(text.find(','), text.size());
    const auto address = address_of(text.substr(0, comma));
    if (!address || text.find_first_of(" \t\r\n") != std::string_view::npos)
        return refused(text, "no address of http or https");
    if (address->has_user)
        return refused(text, "a user or a password does not belong in an address");
    if (address->path.find_first_of("?#") != std::string_view::npos)
        return refused(text, "an endpoint has neither ? nor #");
    endpoint.url = base_of(text.substr(0, comma));
    const bool is_openai = api == RemoteApi::openai || api == RemoteApi::openai_chat;
    const auto base = address_of(endpoint.url);
    if (is_openai && base && base->path.empty()) endpoint.url += "/v1";
    for (auto rest = text.substr(comma); !rest.empty();) {
        rest.remove_prefix(1);
        const auto end = std::min(rest.find(','), rest.size());
        if (const auto set = set_option(endpoint, text, rest.substr(0, end)); !set)
            return set.error();
        rest.remove_prefix(end);
    }
    return endpoint;
}

std::string origin_of(std::string_view url) {
    const auto address = address_of(url);
    return address ? address->scheme + "://" + address->host + ":" + address->port : "";
}

std::string host_of(std::string_view url) {
    const auto address = address_of(url);
    return address ? address->host : "";
}

bool is_loopback_url(std::string_view url) {
    const auto host = host_of(url);
    return host == "localhost" || host == "[::1]" ||
           (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

Balance::Balance(std::span<const Endpoint> endpoints) {
    each_.reserve(endpoints.size());
    for (const auto& endpoint : endpoints)
        each_.push_back({endpoint.weight, 0, 0, {}});
}

std::optional<std::size_t> Balance::next(Clock::time_point now) {
    double sum = 0;
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < each_.size(); ++i) {
        auto& each = each_[i];
        if (each.back > now) continue;
        each.turn += each.weight;
        sum += each.weight;
        if (!best || each.turn > each_[*best].turn) best = i;
    }
    if (best) each_[*best].turn -= sum;
    return best;
}

void Balance::praise(std::size_t endpoint) {
    each_[endpoint].n_failures = 0;
    each_[endpoint].back = {};
}

void Balance::set_aside(std::size_t endpoint, Clock::time_point until) {
    ++each_[endpoint].n_failures;
    each_[endpoint].back = std::max(each_[endpoint].back, until);
}

Balance::Clock::time_point Balance::first_back(Clock::time_point now) const {
    auto first = Clock::time_point::max();
    for (const auto& each : each_)
        first = std::min(first, std::max(each.back, now));
    return first;
}

}  // namespace fabula::model
