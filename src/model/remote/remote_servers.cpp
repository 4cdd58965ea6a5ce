// SPDX-License-Identifier: 0BSD
#include "model/remote/remote_servers.h"

#include "model/remote/http.h"
#include "model/remote/probe.h"

#include <algorithm>
#include <map>
#include <utility>

namespace fabula::model {
namespace {

constexpr int probe_ms = 15'000;
constexpr std::size_t usual_window_tokens = 4096;
constexpr std::chrono::seconds set_aside_at_first{5};

bool can_go_on(Dialect dialect) {
    return dialect == Dialect::llama_server || dialect == Dialect::vllm ||
           dialect == Dialect::fabula || dialect == Dialect::openrouter ||
           dialect == Dialect::ollama;
}

Result<Unit> check_prices(const RemoteOptions& options) {
    if (!options.budget.has_money()) return Unit{};
    for (const auto& endpoint : options.endpoints) {
        if (options.prices.find(options.model, host_of(endpoint.url)) == nullptr)
            return Error{ErrorCode::invalid_input,
                         "a budget of money needs the price of model '" + options.model + "' at " +
                             host_of(endpoint.url) + ": name a file with --prices"};
    }
    return Unit{};
}

}  // namespace

RemoteServers::RemoteServers(RemoteOptions options)
    : options_(std::move(options)), balance_(options_.endpoints) {
    addressees_.resize(options_.endpoints.size());
    for (auto& addressee : addressees_) {
        addressee.api = options_.api;
        addressee.dialect = usual_dialect(options_.api);
        addressee.is_stream = options_.is_stream;
    }
}

Result<RemoteServers> RemoteServers::open(RemoteOptions options, const std::stop_token& stop) {
    if (options.endpoints.empty())
        return Error{ErrorCode::invalid_input, "no endpoint: name one with --endpoint URL"};
    auto keys = keys_of(options.endpoints, options.api, options.keys);
    if (!keys) return keys.error();
    RemoteServers servers(std::move(options));
    servers.keys_ = *std::move(keys);
    if (const auto there = servers.probe_all(stop); !there) return there.error();
    if (const auto priced = check_prices(servers.options_); !priced) return priced.error();
    for (auto& addressee : servers.addressees_) {
        addressee.model = servers.options_.model;
        addressee.goes_on = can_go_on(addressee.dialect);
    }
    if (servers.options_.window_tokens > 0) servers.window_tokens_ = servers.options_.window_tokens;
    if (servers.window_tokens_ == 0) servers.window_tokens_ = usual_window_tokens;
    for (auto& addressee : servers.addressees_)
        addressee.window_tokens = servers.window_tokens_;
    return servers;
}

Result<Unit> RemoteServers::probe_all(const std::stop_token& stop) {
    Transfers transfers;
    std::map<std::size_t, std::size_t> server_of;
    std::vector<std::string> bodies(addressees_.size());
    const auto probe = probe_of(options_.api, options_.model);
    for (std::size_t i = 0; i < addressees_.size(); ++i) {
        auto asked = request(i, probe.path, probe.body);
        asked.connect_ms = asked.idle_ms = asked.total_ms = probe_ms;
        const auto id =
            transfers.begin(std::move(asked), [&bodies, i](const HttpHead&, std::string_view more) {
                bodies[i] += more;
                return true;
            });
        if (!id) return id.error();
        server_of[*id] = i;
    }
    std::vector<HttpEnded> all;
    while (transfers.n_open() > 0) {
        if (stop.stop_requested()) return Error{ErrorCode::unavailable, "stopped"};
        for (auto& ended : transfers.run(std::chrono::seconds(1), stop))
            all.push_back(std::move(ended));
    }
    std::vector<Error> troubles;
    for (const auto& ended : all) {
        const std::size_t server = server_of[ended.id];
        auto fault = take_probe(server, ended, bodies[server]);
        if (!fault) continue;
        balance_.set_aside(server, Balance::Clock::now() + set_aside_at_first);
        if (addressees_.size() > 1) notice(fault->message);
        troubles.push_back(*std::move(fault));
    }
    if (troubles.size() == addressees_.size()) return troubles.front();
    for (std::size_t i = 0; i < addressees_.size(); ++i) {
        if (addressees_[i].dialect == Dialect::llama_server) ask_props(i, stop);
    }
    return Unit{};
}

// A server without that route is there all the same; it only says nothing of itself.
std::optional<Error> RemoteServers::take_probe(std::size_t server, const HttpEnded& ended,
                                               const std::string& body) {
    const int status = ended.head.status;
    const bool has_no_route = status == 404 || status == 405 || status == 501;
    const bool is_missing_model = options_.api == RemoteApi::ollama && status == 404;
    if (ended.fault != HttpFault::none || is_missing_model || (status != 200 && !has_no_route)) {
        AnswerReader reader(options_.api);
        (void)reader.take(ended.head, body);
        return refusal(server, ended, reader.server_words());
    }
    auto& addressee = addressees_[server];
    const bool is_openai =
        options_.api == RemoteApi::openai || options_.api == RemoteApi::openai_chat;
    const auto facts = status == 200 ? facts_in(options_.api, body, options_.model) : ServerFacts{};
    if (is_openai)
        addressee.dialect = dialect_of(facts.owner, host_of(options_.endpoints[server].url));
    if (options_.model.empty() && facts.models.size() == 1) options_.model = facts.models.front();
    has_chat_ = has_chat_ || facts.has_chat || options_.api == RemoteApi::openai_chat;
    // Of several servers the shortest counts.
    if (facts.window_tokens > 0)
        window_tokens_ = window_tokens_ == 0 ? facts.window_tokens
                                             : std::min(window_tokens_, facts.window_tokens);
    return std::nullopt;
}

void RemoteServers::ask_props(std::size_t server, const std::stop_token& stop) {
    auto asked = request(server, "", "");
    if (!asked.url.ends_with("/v1")) return;
    asked.url.replace(asked.url.size() - 3, 3, "/props");
    asked.connect_ms = asked.idle_ms = asked.total_ms = probe_ms;
    const auto answer = exchange(std::move(asked), stop);
    const bool is_there =
        answer && answer->ended.fault == HttpFault::none && answer->ended.head.status == 200;
    const std::size_t window = is_there ? window_in_props(answer->body) : 0;
    if (window > 0)
        window_tokens_ = window_tokens_ == 0 ? window : std::min(window_tokens_, window);
}

std::string RemoteServers::host(std::size_t server) const {
    return host_of(options_.endpoints[server].url);
}

bool RemoteServers::have_n() const {
    return std::all_of(addressees_.begin(), addressees_.end(),
                       [](const Addressee& each) { return has_n(each.dialect); });
}

HttpRequest RemoteServers::request(std::size_t server, const std::string& path,
                                   std::string body) const {
    HttpRequest request;
    request.url = options_.endpoints[server].url + path;
    request.body = std::move(body);
    request.key = keys_[server];
    request.idle_ms = static_cast<int>(std::min(options_.idle_timeout, options_.timeout).count());
    request.total_ms = static_cast<int>(options_.timeout.count());
    request.connect_ms = std::min(request.connect_ms, request.total_ms);
    request.most_bytes = std::size_t{64} << 20;  // of a stream; what a frame may take is less
    return request;
}

Error RemoteServers::error(std::size_t server, ErrorCode code, const std::string& what) const {
    return {code,
            without_keys("endpoint '" + shown_url(options_.endpoints[server].url) + "' " + what,
                         keys_)};
}

Error RemoteServers::refusal(std::size_t server, const HttpEnded& ended,
                             const std::string& words) const {
    if (ended.fault != HttpFault::none)
        return error(server, ErrorCode::unavailable, "does not answer: " + ended.message);
    const int status = ended.head.status;
    std::string what = "answers with status " + std::to_string(status);
    if (status >= 300 && status < 400)
        what += ", which leads elsewhere and is not followed: name the address itself";
    if (!words.empty()) what += ": " + words;
    if (status == 401 || status == 403)
        what += keys_[server].empty()
                    ? "; no key was sent: set FABULA_API_KEY, or name a variable with "
                      "--endpoint URL,key=VARIABLE"
                    : "; the key was refused";
    if (status == 404) return error(server, ErrorCode::not_found, what);
    if (status == 400 || status == 422) return error(server, ErrorCode::invalid_input, what);
    return error(server, ErrorCode::unavailable, what);
}

void RemoteServers::notice(const std::string& text) {
    const auto clean = without_keys(text, keys_);
    if (noticed_.insert(clean).second && options_.on_notice) options_.on_notice(clean);
}

}  // namespace fabula::model
