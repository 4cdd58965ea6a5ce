// SPDX-License-Identifier: 0BSD
// The servers of one remote model: what each is and takes, whose turn it is, what they are told
// and what may be said of them. What is said here holds no key.
#pragma once

#include "base/result.h"
#include "model/remote/answer_reader.h"
#include "model/remote/question.h"
#include "model/remote/remote.h"
#include "model/remote/transfers.h"

#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace fabula::model {

class RemoteServers {
public:
    /// Asks each whether it is there. Errors: as make_remote.
    static Result<RemoteServers> open(RemoteOptions options, const std::stop_token& stop);

    const RemoteOptions& options() const { return options_; }
    Addressee& addressee(std::size_t server) { return addressees_[server]; }
    std::string host(std::size_t server) const;
    Balance& balance() { return balance_; }
    std::size_t window_tokens() const { return window_tokens_; }
    bool has_chat() const { return has_chat_; }
    /// Whether every server takes several candidates in one request.
    bool have_n() const;
    const std::string& model() const { return options_.model; }

    /// A request to that server with its key, with these limits.
    HttpRequest request(std::size_t server, const std::string& path, std::string body) const;

    /// "endpoint 'URL' WHAT", without keys.
    Error error(std::size_t server, ErrorCode code, const std::string& what) const;
    /// Why an exchange failed, with the server's own words.
    Error refusal(std::size_t server, const HttpEnded& ended, const std::string& words) const;

    /// Tells a person, once.
    void notice(const std::string& text);

private:
    explicit RemoteServers(RemoteOptions options);
    Result<Unit> probe_all(const std::stop_token& stop);
    std::optional<Error> take_probe(std::size_t server, const HttpEnded& ended,
                                    const std::string& body);
    void ask_props(std::size_t server, const std::stop_token& stop);

    RemoteOptions options_;
    std::vector<std::string> keys_;
    std::vector<Addressee> addressees_;
    Balance balance_;
    std::size_t window_tokens_ = 0;
    bool has_chat_ = false;
    std::set<std::string> noticed_;
};

}  // namespace fabula::model
