// SPDX-License-Identifier: 0BSD
#include "model/remote/key.h"

#include "model/remote/http.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace fabula::model {
namespace {

constexpr std::size_t most_key_bytes = 4096;

class OpenFile {
public:
    explicit OpenFile(const char* path)
        : descriptor_(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    ~OpenFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    int descriptor() const { return descriptor_; }  // below 0 where it could not be opened

private:
    int descriptor_;
};

// Where a key came from, for messages; never what it is.
struct FoundKey {
    std::string key;
    std::string source;
    bool is_for_this = false;  // somebody said that it is for this server
};

Result<std::string> sound(const std::string& key, const std::string& source) {
    const auto first = key.find_first_not_of(" \t\r\n");
    if (first == std::string::npos)
        return Error{ErrorCode::invalid_input, source + " holds no key"};
    std::string text = key.substr(first, key.find_last_not_of(" \t\r\n") + 1 - first);
    const bool is_printable =
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
    if (!is_printable || text.size() > most_key_bytes)
        return Error{ErrorCode::invalid_input,
                     source + " holds no key: it is not one word of printable ASCII"};
    return text;
}

bool is_at(std::string_view host, std::string_view domain) {
    return host == domain || (host.size() > domain.size() && host.ends_with(domain) &&
                              host[host.size() - domain.size() - 1] == '.');
}

Result<FoundKey> variable(const KeySources& sources, const std::string& name, bool is_for_this) {
    const auto value = sources.variables ? sources.variables(name) : std::nullopt;
    if (!value || value->empty()) return FoundKey{};
    auto key = sound(*value, name);
    if (!key) return key.error();
    return FoundKey{*std::move(key), name, is_for_this};
}

Result<FoundKey> token(const KeySources& sources) {
    auto found = huggingface_token(sources);
    if (!found) return found.error();
    return FoundKey{*std::move(found), "HF_TOKEN", false};
}

Result<FoundKey> key_of(const Endpoint& endpoint, bool is_first_host, RemoteApi api,
                        const KeySources& sources) {
    if (!endpoint.variable.empty()) {
        auto named = variable(sources, endpoint.variable, true);
        if (named && named->key.empty())
            return Error{ErrorCode::not_found, "endpoint '" + shown_url(endpoint.url) +
                                                   "': the environment has no variable " +
                                                   endpoint.variable};
        return named;
    }
    if (is_first_host) {
        auto ours = variable(sources, "FABULA_API_KEY", true);
        if (!ours || !ours->key.empty()) return ours;
    }
    const auto host = host_of(endpoint.url);
    if (is_at(host, "openrouter.ai")) return variable(sources, "OPENROUTER_KEY", false);
    if (is_at(host, "api.openai.com")) return variable(sources, "OPENAI_API_KEY", false);
    if (is_at(host, "huggingface.co") || (is_first_host && api == RemoteApi::huggingface))
        return token(sources);
    return FoundKey{};
}

}  // namespace

Result<std::string> read_token_file(const std::string& path) {
    const std::string name = "token file '" + path + "'";
    const OpenFile file(path.c_str());
    if (file.descriptor() < 0) {
        if (errno == ENOENT || errno == ENOTDIR) return std::string();
        return Error{ErrorCode::unavailable, name + " may not be read"};
    }
    struct stat found {};
    if (::fstat(file.descriptor(), &found) != 0)
        return Error{ErrorCode::unavailable, name + " may not be read"};
    if (!S_ISREG(found.st_mode)) return Error{ErrorCode::invalid_input, name + " is no file"};
    if ((found.st_mode & 077U) != 0)
        return Error{ErrorCode::invalid_input,
                     name + " may be read by others: chmod 600 makes it yours alone"};
    std::array<char, most_key_bytes + 64> bytes{};
    const auto n = ::read(file.descriptor(), bytes.data(), bytes.size());
    if (n < 0) return Error{ErrorCode::unavailable, name + " may not be read"};
    return sound({bytes.data(), static_cast<std::size_t>(n)}, name);
}

Result<std::string> huggingface_token(const KeySources& sources) {
    auto named = variable(sources, "HF_TOKEN", false);
    if (!named) return named.error();
    if (!named->key.empty()) return std::move(named->key);
    for (const auto& path : sources.token_files) {
        auto found = read_token_file(path);
        if (!found || !found->empty()) return found;
    }
    return std::string();
}

Result<std::vector<std::string>> keys_of(std::span<const Endpoint> endpoints, RemoteApi api,
                                         const KeySources& sources) {
    std::vector<std::string> keys;
    keys.reserve(endpoints.size());
    for (const auto& endpoint : endpoints) {
        const bool is_first_host = origin_of(endpoint.url) == origin_of(endpoints.front().url);
        auto found = key_of(endpoint, is_first_host, api, sources);
        if (!found) return found.error();
        const bool is_open = endpoint.url.starts_with("http://") && !is_loopback_url(endpoint.url);
        if (!found->key.empty() && is_open && !found->is_for_this)
            return Error{ErrorCode::invalid_input,
                         "endpoint '" + shown_url(endpoint.url) + "': " + found->source +
                             " is not sent over http, where anybody on the way could read it: "
                             "use https, or FABULA_API_KEY for a server of your own"};
        keys.push_back(std::move(found->key));
    }
    return keys;
}

std::string without_keys(std::string text, std::span<const std::string> keys) {
    for (const auto& key : keys) {
        if (key.empty()) continue;
        for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at + 3))
            text.replace(at, key.size(), "***");
    }
    return text;
}

}  // namespace fabula::model
