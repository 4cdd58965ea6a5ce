// SPDX-License-Identifier: 0BSD
// One call of a remote Generator: the requests that it takes, what of them fails and is made again,
// the texts as they grow. A request is made again only while none of its text has come.
#pragma once

#include "model/remote/answer_reader.h"
#include "model/remote/prompt_ids.h"
#include "model/remote/remote_servers.h"
#include "model/remote/remote_text.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace fabula::model {

class RemoteRound {
public:
    using Clock = std::chrono::steady_clock;

    /// All must outlive this.
    RemoteRound(RemoteServers& servers, Spending& spending, RemoteFigures& figures,
                const OnText& on_text);

    /// The candidates, one a request, in order. Errors: as Generator::generate, when no candidate
    /// has a word because of it.
    Result<std::vector<Candidate>> run(const RemotePrompt& prompt,
                                       std::span<const CandidateRequest> requests,
                                       const std::stop_token& stop);

    /// Of the prompt, what the servers had in their caches; at least, and 0 where none says.
    std::size_t cached_tokens() const { return cached_tokens_; }
    double first_text_seconds() const { return first_text_seconds_; }

private:
    struct Writing {
        const CandidateRequest* request = nullptr;
        RemoteText text;
        double seconds = 0;
        RemoteUsage usage;
        std::vector<std::string> ignored;
        std::optional<Error> failure;
    };
    // A request for one candidate, or for several with the same settings.
    struct Call {
        std::vector<std::size_t> writings;
        std::size_t n_attempts = 0;
        Clock::time_point not_before{};
        std::size_t server = 0;
        std::size_t id = 0;  // of the exchange; 0: none is under way
        std::vector<std::string> optional_names;
        std::optional<AnswerReader> reader;
        std::optional<Error> trouble;  // in the answer
        SaidUsage usage;
        bool is_last = false;
        Clock::time_point start;
        double first_text_seconds = 0;
        std::optional<Error> last_failure;
        bool is_over = false;
    };
    // What is to be done about a failure.
    enum class Remedy { again, elsewhere, none };

    void make_calls(std::span<const CandidateRequest> requests);
    void start_due(Clock::time_point now);
    void start(Call& call, std::size_t server, Clock::time_point now);
    bool take(Call& call, const HttpHead& head, std::string_view bytes);
    bool take_said(Call& call, const std::vector<Said>& all);
    bool take_piece(Call& call, const SaidPiece& piece);
    bool is_wanted(const Call& call) const;
    void end(Call& call, const HttpEnded& ended);
    void fail_attempt(Call& call, const HttpEnded& ended);
    bool drop_refused_name(Call& call, const HttpEnded& ended, const std::string& words);
    void try_again(Call& call, Remedy remedy, const HttpEnded& ended, const Error& failure);
    void give_up(Call& call, const Error& failure);
    void finish_writings(Call& call, bool is_whole);
    void keep_what_came(Call& call);
    void account(Call& call, double seconds);
    void give_up_late(Clock::time_point now);
    Clock::time_point next_look(Clock::time_point now) const;
    Result<std::vector<Candidate>> result();

    RemoteServers& servers_;
    Spending& spending_;
    RemoteFigures& figures_;
    const OnText& on_text_;
    Transfers transfers_;
    const RemotePrompt* prompt_ = nullptr;
    std::string joint_;
    std::size_t prompt_tokens_ = 0;  // estimated
    Clock::time_point start_;
    Clock::time_point deadline_;
    std::vector<Writing> writings_;
    std::vector<std::unique_ptr<Call>> calls_;
    std::size_t cached_tokens_ = 0;
    double first_text_seconds_ = 0;
};

}  // namespace fabula::model
