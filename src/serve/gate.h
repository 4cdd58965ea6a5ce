// SPDX-License-Identifier: 0BSD
// Who may ask: the names that the server goes by, the pages that may speak to it, the token. Pure
// functions of headers; a page of another site and a name that points here by trickery (DNS
// rebinding) are stopped here, before a handler runs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fabula::serve {

struct Allowed {
    std::string host;                  // as the server was told to listen: "127.0.0.1"
    std::vector<std::string> hosts;    // further names: "fabula.example"
    std::vector<std::string> origins;  // pages of others: "https://fabula.example:8443"
    std::string token;                 // "": none is asked for
    bool knows_addresses = false;      // any address in Host is this server's
};

/// A refusal: the status, the code and the message of the answer.
struct Refusal {
    int status = 403;
    std::string code = "forbidden";
    std::string message;
};

using Headers = std::map<std::string, std::string>;  // names in lower case

/// Whether `Host` ("name", "name:8080", "[::1]:8080") is a loopback name or one that was told. Any
/// port will do: a port that is forwarded has another number outside.
bool is_known_host(std::string_view host, const Allowed& allowed);

/// Whether `origin` is in the list.
bool is_listed_origin(std::string_view origin, const Allowed& allowed);

/// What the headers alone forbid: an unknown Host, an Origin of somebody else ("null" too), a
/// request that another site's page caused (Sec-Fetch-Site: cross-site) unless its Origin is listed
/// or it is a navigation to "/".
std::optional<Refusal> refusal_of_origin(const Headers& headers, std::string_view method,
                                         std::string_view path, const Allowed& allowed);

/// 401 unless no token is asked for, or it stands in `Authorization: Bearer` or in the cookie
/// `fabula_token`.
std::optional<Refusal> refusal_of_token(const Headers& headers, const Allowed& allowed);

/// Whether both are the same; takes the same time for each `given` of a length, wherever the first
/// difference is.
bool is_same_secret(std::string_view given, std::string_view secret);

/// What a page of a listed origin needs to read the answer; empty for all others.
std::vector<std::pair<std::string, std::string>> cors_headers(const Headers& headers,
                                                              const Allowed& allowed);

/// On every answer: no sniffing, no referrer, no frames, only what this server itself serves.
const std::vector<std::pair<std::string, std::string>>& security_headers();

}  // namespace fabula::serve
