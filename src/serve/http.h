// SPDX-License-Identifier: 0BSD
// HTTP as the handlers see it: a request that was read whole and let in, an answer, a table of
// routes. No header of the library is seen here, and no socket.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fabula::serve {

enum class Method { get, post, put, remove };
/// "GET", "POST", "PUT", "DELETE".
const char* name_of(Method method);

struct Request {
    Method method = Method::get;
    std::string path;                                    // decoded, without the query
    std::map<std::string, std::string> path_parameters;  // "id" of "/api/v1/stories/{id}"
    std::map<std::string, std::string> query;            // decoded; of two of a name the last
    std::map<std::string, std::string> headers;          // names in lower case
    std::string body;                                    // whole, within the route's limit
    std::string id;                                      // names it in the log
    std::function<bool()> is_open = {};  // whether the client still waits; null: not known

    /// "" where it is not there.
    std::string header(std::string_view lower_case_name) const;
};

/// Where an answer without a known end is written: events.
class Stream {
public:
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    virtual ~Stream() = default;

    /// Hands the bytes to the reader, waiting at most the server's write limit. `false`: the reader
    /// is gone or too slow, or the grace of a shutdown is over; nothing more need be written.
    virtual bool write(std::string_view bytes) = 0;
    /// Whether the reader is still there and the server goes on; cheap enough for each second.
    virtual bool is_open() = 0;

protected:
    Stream() = default;
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    /// Writes the answer instead of `body`; runs on the connection's worker until it returns.
    std::function<void(Stream&)> stream = {};
};

/// A query parameter, for the document; handlers read it themselves.
struct QueryParameter {
    std::string name;
    std::string description;
    std::string schema;  // JSON Schema, as JSON
};

/// One of the documented things that can be asked for.
struct Route {
    Method method = Method::get;
    std::string path;     // "/api/v1/stories/{id}/offers"; a {name} matches one segment, not empty
    std::string name;     // operationId: "addOffer"
    std::string summary;  // one line
    std::string tag;      // "stories", "offers", "server", "openai"
    std::vector<QueryParameter> query = {};
    std::string request_schema = {};   // name of a schema in the document; "": no body
    std::string response_schema = {};  // the same; "" where the answer is no JSON
    int success = 200;
    std::string content_type = "application/json";  // of the answer
    std::vector<int> errors = {};  // documented statuses beside those that every route can give
    std::size_t most_body_bytes = std::size_t{1} << 20;
    bool is_open = false;  // answered without a token: health, the page
    std::function<Response(const Request&)> handler = {};
};

/// {"error":{"code":"not_found","message":"..."}} with the status of the code (400 invalid_input,
/// 404 not_found, 409 conflict, 503 exhausted and unavailable with Retry-After, 500 corrupt). The
/// message is a person's words; nothing of a story is in it.
Response error_response(const Error& error);
Response error_response(int status, std::string_view code, std::string_view message);

/// Finds the route of a request.
class Router {
public:
    /// Requires that no route of the same method and shape is there.
    void add(Route route);
    const std::vector<Route>& routes() const { return routes_; }

    struct Match {
        const Route* route = nullptr;  // null: none of this path, or not with this method
        std::map<std::string, std::string> parameters;
        std::vector<Method> allowed;  // of this path; empty: there is no such path
    };
    /// `path` is decoded and begins with '/'.
    Match find(Method method, std::string_view path) const;

private:
    std::vector<Route> routes_;
};

}  // namespace fabula::serve
