// SPDX-License-Identifier: 0BSD
#include "store/postgres_address.h"

#include "store/file_path.h"
#include "store/store.h"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>

namespace fabula::store {
namespace {

using Options = std::map<std::string, std::string>;

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

/// `text` as libpq's key='value' has it.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + "'";
}

std::string shown_url(const Options& options) {
    const auto value = [&](const char* name) {
        const auto found = options.find(name);
        return found == options.end() ? std::string() : found->second;
    };
    const std::string host = value("host").empty() ? value("hostaddr") : value("host");
    const std::string port = value("port");
    const bool is_socket = host.starts_with("/") || host.starts_with("@");
    std::string url = "postgresql://";
    if (!value("user").empty()) url += value("user") + "@";
    if (!is_socket) url += host + (port.empty() ? "" : ":" + port);
    url += "/" + value("dbname");
    if (is_socket) url += "?host=" + host + (port.empty() ? "" : "&port=" + port);
    return one_line(url);
}

}  // namespace

Result<PostgresAddress> parse_postgres_address(const std::string& url, int wait_ms) {
    // What libpq has to say of a wrong URL would quote it, and with it the password.
    const Error unreadable{ErrorCode::invalid_input,
                           "the address of the database cannot be read:"
                           " postgresql://user:password@host:port/database is expected,"
                           " with odd characters as %40"};
    if (url.find('\0') != std::string::npos) return unreadable;
    char* complaint = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> parsed(
        PQconninfoParse(url.c_str(), &complaint));
    PQfreemem(complaint);
    if (!parsed) return unreadable;
    const int wait_seconds = std::max(2, (wait_ms + 999) / 1000);
    // What the URL says counts before these.
    Options options{{"connect_timeout", std::to_string(wait_seconds)},
                    {"application_name", "fabula"},
                    // A server that vanished without a word is noticed within half a minute.
                    {"keepalives_idle", "10"},
                    {"keepalives_interval", "5"},
                    {"keepalives_count", "4"},
                    {"tcp_user_timeout", "30000"}};
    for (const PQconninfoOption* each = parsed.get(); each->keyword != nullptr; ++each) {
        if (each->val != nullptr && *each->val != '\0') options[each->keyword] = each->val;
    }
    PostgresAddress address;
    address.shown = shown_url(options);
    options["client_encoding"] = "UTF8";
    for (const auto& [name, value] : options) {
        if (!address.conninfo.empty()) address.conninfo += ' ';
        address.conninfo.append(name).append("=").append(quoted(value));
    }
    return address;
}

bool is_postgres(std::string_view where) {
    return where.starts_with("postgresql://") || where.starts_with("postgres://");
}

std::string shown_address(const std::string& where) {
    if (!is_postgres(where)) return where;
    const auto address = parse_postgres_address(where, 0);
    return address ? address->shown : "postgresql://...";
}

}  // namespace fabula::store
