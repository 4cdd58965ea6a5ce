// SPDX-License-Identifier: 0BSD
#include "model/remote/remote_round.h"

#include "model/remote/http.h"
#include "model/remote/retry.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace fabula::model {
namespace {

constexpr std::chrono::minutes out_of_use{10};  // for a server that cannot answer at all
constexpr std::size_t most_n = 8;               // candidates of one request

double seconds_between(RemoteRound::Clock::time_point from, RemoteRound::Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

// Every server takes 31 bits.
std::uint64_t seed_of(const Rng& words) {
    return words.name() >> 33U;
}

// Where the answer does not go on with the text by itself, a sentence and the next one are two.
std::string joint_for(const RemotePrompt& prompt, bool goes_on) {
    const bool is_open = prompt.text.empty() || prompt.text.back() == '\n' ||
                         prompt.text.back() == ' ' || prompt.text.back() == '\t';
    return !prompt.is_chat || goes_on || is_open ? "" : " ";
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// As a word of its own.
bool names(std::string_view words, std::string_view name) {
    for (auto at = words.find(name); at != std::string_view::npos; at = words.find(name, at + 1)) {
        const auto end = at + name.size();
        if ((at == 0 || !is_letter(words[at - 1])) &&
            (end == words.size() || !is_letter(words[end])))
            return true;
    }
    return false;
}

// Whether a refusal is about something that the server does not know, not about its value.
bool is_about_unknown(std::string_view words) {
    constexpr std::array<std::string_view, 12> signs{
        "nknown",        "nrecognized",   "nrecognised",      "nsupported",
        "ot supported",  "nexpected",     "ot permitted",     "ot allowed",
        "not recognize", "does not have", "does not support", "nobody here knows"};
    return std::any_of(signs.begin(), signs.end(), [&](std::string_view sign) {
        return words.find(sign) != std::string_view::npos;
    });
}

std::string listed(const std::vector<std::string>& names) {
    std::string list;
    for (const auto& name : names)
        list += (list.empty() ? "" : ", ") + name;
    return list;
}

}  // namespace

RemoteRound::RemoteRound(RemoteServers& servers, Spending& spending, RemoteFigures& figures,
                         const OnText& on_text)
    : servers_(servers), spending_(spending), figures_(figures), on_text_(on_text) {}

Result<std::vector<Candidate>> RemoteRound::run(const RemotePrompt& prompt,
                                                std::span<const CandidateRequest> requests,
                                                const std::stop_token& stop) {
    prompt_ = &prompt;
    prompt_tokens_ = estimated_tokens(prompt.system + prompt.instruction + prompt.text);
    start_ = Clock::now();
    deadline_ = start_ + servers_.options().timeout;
    writings_.reserve(requests.size());
    joint_ = joint_for(prompt, servers_.addressee(0).goes_on);
    for (const auto& request : requests)
        writings_.push_back({&request, RemoteText(request.settings, joint_), 0, {}, {}, {}});
    make_calls(requests);
    const auto is_open = [](const auto& call) { return !call->is_over; };
    while (std::any_of(calls_.begin(), calls_.end(), is_open) && !stop.stop_requested()) {
        const auto now = Clock::now();
        start_due(now);
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next_look(now) - now);
        const auto ended = transfers_.run(wait, stop);
        for (const auto& each : ended) {
            const auto found = std::find_if(calls_.begin(), calls_.end(), [&](const auto& call) {
                return call->id == each.id && !call->is_over;
            });
            if (found != calls_.end()) end(**found, each);
        }
        give_up_late(Clock::now());
    }
    // Somebody stopped: what came counts, and costs.
    for (const auto& call : calls_) {
        if (call->is_over) continue;
        if (call->id != 0) transfers_.cancel(call->id);
        account(*call, seconds_between(call->start, Clock::now()));
        for (const std::size_t index : call->writings)
            writings_[index].text.leave(Ending::stopped);
    }
    return result();
}

void RemoteRound::make_calls(std::span<const CandidateRequest> requests) {
    const bool has_n = servers_.have_n();
    for (std::size_t i = 0; i < requests.size(); ++i) {
        Call* same = nullptr;
        for (const auto& call : calls_) {
            const auto& first = requests[call->writings.front()];
            if (has_n && call->writings.size() < most_n && first.settings == requests[i].settings)
                same = call.get();
        }
        if (same == nullptr) {
            calls_.push_back(std::make_unique<Call>());
            same = calls_.back().get();
        }
        same->writings.push_back(i);
    }
}

void RemoteRound::start_due(Clock::time_point now) {
    for (const auto& call : calls_) {
        if (transfers_.n_open() >= servers_.options().most_parallel) return;
        if (call->is_over || call->id != 0 || call->not_before > now) continue;
        const auto server = servers_.balance().next(now);
        if (!server) return;
        start(*call, *server, now);
    }
}

void RemoteRound::start(Call& call, std::size_t server, Clock::time_point now) {
    const auto& first = writings_[call.writings.front()];
    const auto& settings = first.request->settings;
    const auto& addressee = servers_.addressee(server);
    Question question;
    question.text = prompt_->text;
    question.is_chat = prompt_->is_chat;
    question.system = prompt_->system;
    question.instruction = prompt_->instruction;
    question.settings = settings;
    // A stream is ended here where a sentence ends; of a whole answer nothing can be saved.
    question.max_tokens =
        addressee.is_stream ? most_tokens(settings.max_new_tokens) : settings.max_new_tokens;
    question.n = call.writings.size();
    question.seed = seed_of(first.request->words);
    auto asked = asked_of(addressee, question);
    if (!asked.left_out.empty())
        servers_.notice(
            servers_.host(server) + " (" + name_of(addressee.dialect) +
            ") does not know these settings, which are left out: " + listed(asked.left_out));
    for (const std::size_t index : call.writings)
        writings_[index].ignored = asked.left_out;
    auto request = servers_.request(server, asked.path, std::move(asked.body));
    request.headers.emplace_back("Accept: application/json, text/event-stream");
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - now).count();
    request.total_ms = static_cast<int>(std::clamp<std::int64_t>(left, 1, request.total_ms));
    call.server = server;
    call.optional_names = std::move(asked.optional_names);
    call.reader.emplace(addressee.api);
    call.trouble.reset();
    call.usage = {};
    call.is_last = false;
    call.first_text_seconds = 0;
    call.start = now;
    ++call.n_attempts;
    const auto id = transfers_.begin(std::move(request),
                                     [this, &call](const HttpHead& head, std::string_view bytes) {
                                         return take(call, head, bytes);
                                     });
    if (!id) {
        give_up(call, servers_.error(server, id.error().code, "cannot be asked"));
        return;
    }
    call.id = *id;
}

bool RemoteRound::take(Call& call, const HttpHead& head, std::string_view bytes) {
    const auto all = call.reader->take(head, bytes);
    if (!all) {
        call.trouble = all.error();
        return false;
    }
    return take_said(call, *all);
}

// False where nothing more is wanted.
bool RemoteRound::take_said(Call& call, const std::vector<Said>& all) {
    for (const auto& said : all) {
        if (!said.error.empty()) {
            call.trouble =
                Error{ErrorCode::unavailable, "ends with an error: " + on_one_line(said.error)};
            return false;
        }
        const auto newer = [](auto& kept, const auto& told) {
            if (told) kept = told;
        };
        newer(call.usage.prompt_tokens, said.usage.prompt_tokens);
        newer(call.usage.completion_tokens, said.usage.completion_tokens);
        newer(call.usage.cached_tokens, said.usage.cached_tokens);
        newer(call.usage.money, said.usage.money);
        call.is_last = call.is_last || said.is_last;
        for (const auto& piece : said.pieces) {
            if (!take_piece(call, piece)) return false;
        }
    }
    return is_wanted(call);
}

bool RemoteRound::take_piece(Call& call, const SaidPiece& piece) {
    if (piece.index >= call.writings.size()) {
        call.trouble = Error{ErrorCode::corrupt, "answers with a text that nobody asked for"};
        return false;
    }
    const std::size_t index = call.writings[piece.index];
    auto& text = writings_[index].text;
    text.take(piece);
    const auto now = Clock::now();
    if (text.has_text() && call.first_text_seconds == 0)
        call.first_text_seconds = seconds_between(call.start, now);
    if (text.has_text() && first_text_seconds_ == 0)
        first_text_seconds_ = seconds_between(start_, now);
    const auto fresh = text.take_visible();
    if (!fresh.empty() && on_text_) on_text_(index, fresh);
    return true;
}

// Texts that the server ended are followed by what they cost; those that were ended here go on.
bool RemoteRound::is_wanted(const Call& call) const {
    bool is_any_cut = false;
    for (const std::size_t index : call.writings) {
        const auto& text = writings_[index].text;
        if (!text.has_ended()) return true;
        is_any_cut = is_any_cut || !text.was_told();
    }
    return !is_any_cut;
}

void RemoteRound::end(Call& call, const HttpEnded& ended) {
    call.id = 0;
    const bool is_cut_here = ended.fault == HttpFault::refused && !call.trouble;
    if (ended.fault == HttpFault::none && ended.head.status == 200) {
        const auto rest = call.reader->finish(ended.head);
        if (!rest)
            call.trouble = rest.error();
        else
            take_said(call, *rest);
    }
    const bool is_sound = ended.fault == HttpFault::none && ended.head.status == 200;
    if (is_sound && !call.trouble && call.is_last) finish_writings(call, true);
    const bool have_ended =
        std::all_of(call.writings.begin(), call.writings.end(),
                    [&](std::size_t index) { return writings_[index].text.has_ended(); });
    if (is_cut_here || have_ended) {
        servers_.balance().praise(call.server);
        account(call, ended.seconds);
        call.is_over = true;
        return;
    }
    fail_attempt(call, ended);
}

void RemoteRound::fail_attempt(Call& call, const HttpEnded& ended) {
    const auto words = call.reader->server_words();
    if (drop_refused_name(call, ended, words)) return;
    ++figures_.n_failed;
    const bool is_refusal = ended.fault != HttpFault::none && ended.fault != HttpFault::refused;
    Error failure = servers_.error(call.server, ErrorCode::unavailable, "broke off its answer");
    Remedy remedy = Remedy::again;
    if (call.trouble) {
        failure = servers_.error(call.server, call.trouble->code, call.trouble->message);
        remedy = call.trouble->code == ErrorCode::unavailable ? Remedy::again : Remedy::elsewhere;
    } else if (is_refusal || ended.head.status != 200) {
        failure = servers_.refusal(call.server, ended, words);
        const bool is_asked_wrongly = failure.code == ErrorCode::invalid_input;
        if (!is_passing(ended)) remedy = is_asked_wrongly ? Remedy::none : Remedy::elsewhere;
    }
    account(call, ended.seconds);
    keep_what_came(call);
    if (call.writings.empty()) {
        call.is_over = true;
        servers_.notice(failure.message + "; what came is kept");
        const auto wait = backoff(1, Rng(call.n_attempts), {});
        servers_.balance().set_aside(call.server, Clock::now() + wait);
        return;
    }
    try_again(call, remedy, ended, failure);
}

// Texts of which something came end here; the others may be asked for again.
void RemoteRound::keep_what_came(Call& call) {
    std::vector<std::size_t> left;
    for (const std::size_t index : call.writings) {
        auto& text = writings_[index].text;
        if (text.has_text()) text.close(false);
        if (text.has_ended()) continue;
        text = RemoteText(writings_[index].request->settings, joint_);
        left.push_back(index);
    }
    call.writings = std::move(left);
}

// Whether the server refused a name that it can do without: then it is asked again without it.
bool RemoteRound::drop_refused_name(Call& call, const HttpEnded& ended, const std::string& words) {
    const int status = ended.head.status;
    const bool is_refusal = ended.fault == HttpFault::none && (status == 400 || status == 422) &&
                            is_about_unknown(words);
    if (!is_refusal) return false;
    auto& addressee = servers_.addressee(call.server);
    for (const auto& name : call.optional_names) {
        if (!names(words, name) || !addressee.unknown.insert(name).second) continue;
        servers_.notice(servers_.host(call.server) + " refuses '" + name + "', which is left out");
        --call.n_attempts;
        call.not_before = {};
        return true;
    }
    return false;
}

void RemoteRound::try_again(Call& call, Remedy remedy, const HttpEnded& ended,
                            const Error& failure) {
    const auto now = Clock::now();
    call.last_failure = failure;
    if (remedy == Remedy::none || call.n_attempts >= servers_.options().most_attempts) {
        give_up(call, failure);
        return;
    }
    auto until = now + out_of_use;
    if (remedy == Remedy::again) {
        const double time = servers_.options().now ? servers_.options().now() : 0;
        const auto asked = retry_after(ended.head.header("retry-after"), time);
        const auto& words = writings_[call.writings.front()].request->words;
        until = now + backoff(call.n_attempts, words.child(call.server), asked);
    }
    auto& balance = servers_.balance();
    balance.set_aside(call.server, until);
    const auto back = balance.first_back(now);
    if (back >= deadline_ || back >= now + out_of_use) {
        const auto wait = std::chrono::ceil<std::chrono::seconds>(back - now).count();
        give_up(call, remedy == Remedy::again
                          ? Error{failure.code, failure.message + "; it asks to wait " +
                                                    std::to_string(wait) +
                                                    " s, longer than this may take"}
                          : failure);
        return;
    }
    servers_.notice(failure.message + "; asked again");
    call.not_before = now;
}

void RemoteRound::give_up(Call& call, const Error& failure) {
    call.is_over = true;
    for (const std::size_t index : call.writings) {
        writings_[index].failure = failure;
        writings_[index].text.close(false);
        writings_[index].seconds = seconds_between(start_, Clock::now());
    }
}

void RemoteRound::give_up_late(Clock::time_point now) {
    if (now < deadline_) return;
    for (const auto& call : calls_) {
        if (call->is_over || call->id != 0) continue;
        give_up(*call, call->last_failure
                           ? *call->last_failure
                           : servers_.error(call->server, ErrorCode::unavailable,
                                            "was not asked: there was no time left"));
    }
}

void RemoteRound::finish_writings(Call& call, bool is_whole) {
    for (const std::size_t index : call.writings)
        writings_[index].text.close(is_whole);
}

// What an attempt cost, where it gave anything; shared out over its texts.
void RemoteRound::account(Call& call, double seconds) {
    std::size_t counted = 0;
    bool has_text = false;
    for (const std::size_t index : call.writings) {
        auto& writing = writings_[index];
        counted += writing.text.n_tokens();
        has_text = has_text || writing.text.has_text();
        writing.seconds = seconds_between(start_, Clock::now());
    }
    const bool has_counts = call.usage.completion_tokens && call.usage.prompt_tokens;
    if (!has_text && !has_counts) return;
    UsageLine line;
    const auto& options = servers_.options();
    line.time = options.now ? options.now() : 0;
    line.host = servers_.host(call.server);
    line.model = servers_.model();
    line.prompt_tokens = call.usage.prompt_tokens.value_or(prompt_tokens_);
    line.completion_tokens = call.usage.completion_tokens.value_or(counted);
    line.is_counted_here = !has_counts;
    line.first_text_seconds = call.first_text_seconds;
    line.seconds = seconds;
    const auto cached = call.usage.cached_tokens.value_or(0);
    if (const auto* price = options.prices.find(line.model, line.host)) {
        line.money = money_for(*price, {line.prompt_tokens, cached, line.completion_tokens});
        line.currency = options.prices.currency;
    } else if (call.usage.money) {
        line.money = *call.usage.money;
        line.currency = "USD";
    }
    cached_tokens_ += cached;
    ++figures_.n_requests;
    figures_.prompt_tokens += line.prompt_tokens;
    figures_.completion_tokens += line.completion_tokens;
    figures_.money += line.money;
    if (!line.currency.empty()) figures_.currency = line.currency;
    figures_.is_estimated = figures_.is_estimated || line.is_counted_here;
    if (const auto kept = spending_.add(line); !kept) servers_.notice(kept.error().message);
    const auto n = static_cast<double>(call.writings.size());
    for (const std::size_t index : call.writings) {
        auto& usage = writings_[index].usage;
        const bool is_first = index == call.writings.front();
        usage.host = line.host;
        usage.prompt_tokens += is_first ? line.prompt_tokens : 0;
        usage.completion_tokens += writings_[index].text.n_tokens();
        usage.is_counted_here = line.is_counted_here;
        usage.money += line.money / n;
        usage.currency = line.currency;
        usage.first_text_seconds = line.first_text_seconds;
        usage.attempts = call.n_attempts;
    }
    if (call.writings.size() == 1)
        writings_[call.writings.front()].usage.completion_tokens = line.completion_tokens;
}

RemoteRound::Clock::time_point RemoteRound::next_look(Clock::time_point now) const {
    auto next = std::min(deadline_, now + std::chrono::seconds(1));
    for (const auto& call : calls_) {
        if (call->is_over || call->id != 0) continue;
        next = std::min(next, std::max({call->not_before, servers_.balance().first_back(now),
                                        now + std::chrono::milliseconds(1)}));
    }
    return next;
}

Result<std::vector<Candidate>> RemoteRound::result() {
    const bool has_any = std::any_of(writings_.begin(), writings_.end(), [](const auto& writing) {
        return writing.text.has_text() || !writing.failure;
    });
    std::vector<Candidate> candidates;
    candidates.reserve(writings_.size());
    for (std::size_t i = 0; i < writings_.size(); ++i) {
        auto& writing = writings_[i];
        if (writing.failure && !has_any) return *writing.failure;
        if (writing.failure) servers_.notice(writing.failure->message);
        const auto fresh = writing.text.take_visible();
        if (!fresh.empty() && on_text_) on_text_(i, fresh);
        candidates.push_back(std::move(writing.text).finished());
        if (candidates.back().ids.empty() && writing.usage.completion_tokens > 0)
            candidates.back().draws = writing.usage.completion_tokens;
        candidates.back().seconds = writing.seconds;
        candidates.back().usage = std::move(writing.usage);
        candidates.back().ignored = std::move(writing.ignored);
    }
    return candidates;
}

}  // namespace fabula::model
