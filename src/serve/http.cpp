// SPDX-License-Identifier: 0BSD
#include "serve/http.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fabula::serve {

namespace {

// "/a//b" is "a", "", "b"; "/" is "".
std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    path.remove_prefix(1);
    while (true) {
        const auto slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

bool is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool are_of_one_shape(std::string_view one, std::string_view other) {
    const auto left = segments_of(one);
    const auto right = segments_of(other);
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](std::string_view a, std::string_view b) {
                          return is_parameter(a) ? is_parameter(b) : a == b;
                      });
}

bool matches(const std::vector<std::string_view>& pattern,
             const std::vector<std::string_view>& path) {
    return std::equal(pattern.begin(), pattern.end(), path.begin(), path.end(),
                      [](std::string_view wanted, std::string_view found) {
                          return is_parameter(wanted) ? !found.empty() : wanted == found;
                      });
}

// Of two patterns that match, the one whose first difference is a word: "settings/schema" goes
// before "settings/{step}".
bool is_closer(const std::vector<std::string_view>& one,
               const std::vector<std::string_view>& other) {
    for (std::size_t i = 0; i < one.size(); ++i) {
        if (is_parameter(one[i]) != is_parameter(other[i])) return is_parameter(other[i]);
    }
    return false;
}

}  // namespace

const char* name_of(Method method) {
    switch (method) {
        case Method::get:
            return "GET";
        case Method::post:
            return "POST";
        case Method::put:
            return "PUT";
        case Method::remove:
            return "DELETE";
    }
    return "";
}

std::string Request::header(std::string_view lower_case_name) const {
    const auto found = headers.find(std::string(lower_case_name));
    return found == headers.end() ? std::string() : found->second;
}

void Router::add(Route route) {
    assert(route.path.starts_with('/'));
    assert(std::none_of(routes_.begin(), routes_.end(), [&](const Route& other) {
        return other.method == route.method && are_of_one_shape(other.path, route.path);
    }));
    routes_.push_back(std::move(route));
}

Router::Match Router::find(Method method, std::string_view path) const {
    assert(path.starts_with('/'));
    Match match;
    const auto wanted = segments_of(path);
    std::vector<std::string_view> best;
    for (const Route& route : routes_) {
        auto pattern = segments_of(route.path);
        if (!matches(pattern, wanted)) continue;
        if (std::find(match.allowed.begin(), match.allowed.end(), route.method) ==
            match.allowed.end())
            match.allowed.push_back(route.method);
        if (route.method != method) continue;
        if (match.route != nullptr && !is_closer(pattern, best)) continue;
        match.route = &route;
        best = std::move(pattern);
    }
    for (std::size_t i = 0; i < best.size(); ++i) {
        if (is_parameter(best[i]))
            match.parameters[std::string(best[i].substr(1, best[i].size() - 2))] = wanted[i];
    }
    return match;
}

}  // namespace fabula::serve
