// SPDX-License-Identifier: 0BSD
// Generator over a local Model: every branch is sampled with its own settings, and all branches
// that are still being written go through one step together.
#include "model/branch.h"
#include "model/generator.h"
#include "model/reach.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <optional>
#include <utility>

namespace fabula::model {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// What the branches of one call have in common.
struct Round {
    Clock::time_point start;
    const OnText& on_text;
    const Branch* first;          // candidate 0
    std::vector<double> seconds;  // at which each ended
    bool is_first = true;         // whether logits_ holds the prompt's row alone
    double first_token_seconds = 0;

    std::size_t index(const Branch& branch) const {
        return static_cast<std::size_t>(&branch - first);
    }

    void show(Branch& branch) const {
        if (!on_text) return;
        const auto fresh = branch.take_visible();
        if (!fresh.empty()) on_text(index(branch), fresh);
    }
};

class Local : public Generator {
public:
    explicit Local(std::unique_ptr<Model> model) : model_(std::move(model)) {
        const auto n_vocab = static_cast<TokenId>(model_->info().n_vocab);
        for (TokenId token = 0; token < n_vocab; ++token) {
            if (model_->is_end(token)) ends_.push_back(token);
        }
    }

    const ModelInfo& info() const override { return model_->info(); }

    Result<Generated> generate(const Prompt& prompt, std::span<const CandidateRequest> requests,
                               const OnText& on_text, const std::stop_token& stop) override;

    Result<Reach> reach(const PlaceRequest& request, const std::stop_token& stop) override;

    Result<std::vector<std::string>> spell(std::span<const TokenId> ids) const override {
        if (const auto known = check_ids(ids, "the text"); !known) return known.error();
        std::vector<std::string> pieces;
        pieces.reserve(ids.size());
        for (const TokenId id : ids)
            pieces.push_back(model_->piece(id));
        return pieces;
    }

    void keep(std::span<const TokenId> ids) override { model_->keep(ids); }
    CacheFigures cache_figures() const override { return model_->cache_figures(); }

    Result<std::size_t> measure(const Block& block) const override {
        if (!block.ids.empty()) return block.ids.size();
        const auto tokens = model_->encode(block.text, Place::inside);
        if (!tokens) return tokens.error();
        return tokens->size();
    }

private:
    // A prompt as the model sees it.
    struct Encoded {
        std::vector<TokenId> ids;
        std::size_t frame_tokens = 0;
        std::vector<std::size_t> block_tokens;
    };
    Result<Unit> append(std::string_view text, Place place, std::vector<TokenId>& tokens) const;
    Result<Unit> append_block(const Block& block, std::vector<TokenId>& tokens) const;
    Result<Unit> extend_all(Round& round, std::vector<Branch*>& open) const;
    Result<Encoded> encode(const Prompt& prompt) const;
    Result<Unit> check_ids(std::span<const TokenId> ids, const char* what) const;
    Result<Unit> check(const sample::Settings& settings) const;
    sample::Spelling spelling_of(const sample::Settings& settings) const;
    Result<Encoded> prompt_of(const Prompt& prompt) const;
    void hold_ends(const Generated& generated, const std::stop_token& stop);
    std::string end_of(const std::vector<TokenId>& tokens, std::size_t n_bytes) const;
    std::vector<TokenId> breakers(const std::vector<std::string>& texts) const;
    Result<std::vector<Branch>> begin(std::span<const CandidateRequest> requests,
                                      const std::vector<TokenId>& prompt) const;
    Result<std::size_t> step(std::vector<Branch*>& open, const std::stop_token& stop);
    Result<Unit> draw_all(Round& round, std::vector<Branch*>& open, const std::stop_token& stop);
    Result<Unit> search(Round& round, Branch& branch, const std::stop_token& stop);

    std::unique_ptr<Model> model_;
    std::vector<TokenId> ends_;
    std::vector<float> logits_;  // [n_open_branches, n_vocab], of the last step
};

// Appends the tokens of `text`.
Result<Unit> Local::append(std::string_view text, Place place, std::vector<TokenId>& tokens) const {
    const auto more = model_->encode(text, place);
    if (!more) return more.error();
    tokens.insert(tokens.end(), more->begin(), more->end());
    return Unit{};
}

// What a block adds: its own tokens, behind the beginning of a text where nothing stands before it.
Result<Unit> Local::append_block(const Block& block, std::vector<TokenId>& tokens) const {
    const Place place = tokens.empty() ? Place::start : Place::inside;
    if (block.ids.empty()) return block.text.empty() ? Unit{} : append(block.text, place, tokens);
    if (place == Place::start) {
        if (auto done = append("", place, tokens); !done) return done;
    }
    tokens.insert(tokens.end(), block.ids.begin(), block.ids.end());
    return Unit{};
}

Result<Local::Encoded> Local::encode(const Prompt& prompt) const {
    Encoded encoded;
    auto& tokens = encoded.ids;
    if (prompt.chat) {
        const auto frame = model_->chat_frame(prompt.system, prompt.instruction);
        if (!frame) return frame.error();
        if (const auto done = append(*frame, Place::markup, tokens); !done) return done.error();
    }
    encoded.frame_tokens = tokens.size();
    for (const auto& block : prompt.blocks) {
        const std::size_t before = tokens.size();
        if (const auto done = append_block(block, tokens); !done) return done.error();
        encoded.block_tokens.push_back(tokens.size() - before);
    }
    if (tokens.empty()) {
        if (const auto done = append("", Place::start, tokens); !done) return done.error();
    }
    if (tokens.empty()) return Error{ErrorCode::invalid_input, "the prompt is empty"};
    return encoded;
}

Result<Unit> Local::check_ids(std::span<const TokenId> ids, const char* what) const {
    for (const TokenId token : ids) {
        if (token < 0 || static_cast<std::size_t>(token) >= info().n_vocab)
            return Error{ErrorCode::invalid_input, std::string(what) + " has token " +
                                                       std::to_string(token) + ", and model '" +
                                                       info().name + "' only 0 to " +
                                                       std::to_string(info().n_vocab - 1)};
    }
    return Unit{};
}

Result<Unit> Local::check(const sample::Settings& settings) const {
    if (auto valid = sample::validate(settings); !valid) return valid;
    for (const auto& [token, bias] : settings.logit_bias) {
        if (static_cast<std::size_t>(token) >= info().n_vocab)
            return Error{ErrorCode::invalid_input, "logit_bias: model '" + info().name +
                                                       "' has no token " + std::to_string(token) +
                                                       ", only 0 to " +
                                                       std::to_string(info().n_vocab - 1)};
    }
    return Unit{};
}

// The prompt's own ids, or those of its text.
Result<Local::Encoded> Local::prompt_of(const Prompt& prompt) const {
    auto encoded = prompt.ids.empty() ? encode(prompt) : Result(Encoded{prompt.ids, 0, {}});
    if (!encoded) return encoded;
    const auto& ids = encoded->ids;
    if (const auto known = check_ids(ids, "the prompt"); !known) return known.error();
    if (ids.size() >= info().window_tokens)
        return Error{ErrorCode::exhausted, "the prompt takes " + std::to_string(ids.size()) +
                                               " tokens, the window of model '" + info().name +
                                               "' has " + std::to_string(info().window_tokens)};
    return encoded;
}

// The tokens that have one of `texts` in them, ascending.
std::vector<TokenId> Local::breakers(const std::vector<std::string>& texts) const {
    std::vector<TokenId> found;
    for (TokenId token = 0; token < static_cast<TokenId>(info().n_vocab); ++token) {
        const std::string piece = model_->piece(token);
        const bool breaks = std::any_of(texts.begin(), texts.end(), [&](const auto& text) {
            return piece.find(text) != std::string::npos;
        });
        if (breaks) found.push_back(token);
    }
    return found;
}

sample::Spelling Local::spelling_of(const sample::Settings& settings) const {
    sample::Spelling spelling;
    if (settings.dry_multiplier > 0) spelling.dry_breakers = breakers(settings.dry_breakers);
    return spelling;
}

// The text of the last tokens, with at least so many bytes that are no white space: back to a
// control token at most, which no phrase reaches across.
std::string Local::end_of(const std::vector<TokenId>& tokens, std::size_t n_bytes) const {
    std::vector<std::string> pieces;
    std::size_t n_found = 0;
    for (auto token = tokens.rbegin(); token != tokens.rend() && n_found < n_bytes; ++token) {
        pieces.push_back(model_->piece(*token));
        if (pieces.back().empty()) break;
        n_found += static_cast<std::size_t>(
            std::count_if(pieces.back().begin(), pieces.back().end(),
                          [](char c) { return c != ' ' && (c < '\t' || c > '\r'); }));
    }
    std::reverse(pieces.begin(), pieces.end());
    std::string text;
    for (const auto& piece : pieces)
        text += piece;
    return text;
}

Result<std::vector<Branch>> Local::begin(std::span<const CandidateRequest> requests,
                                         const std::vector<TokenId>& prompt) const {
    std::vector<Branch> branches;
    branches.reserve(requests.size());
    Bans::Compiled compiled;
    for (const auto& request : requests) {
        if (const auto good = check(request.settings); !good) return good.error();
        const auto before = end_of(prompt, Bans::reach_bytes(request.settings));
        branches.emplace_back(request, spelling_of(request.settings),
                              Bans(request.settings, before, compiled), prompt);
    }
    return branches;
}

// One step for every open branch, in groups where the model or its cache takes fewer at a time; a
// row of logits_ for each. Returns how many tokens were computed.
Result<std::size_t> Local::step(std::vector<Branch*>& open, const std::stop_token& stop) {
    const std::size_t n_vocab = model_->info().n_vocab;
    logits_.resize(open.size() * n_vocab);
    std::size_t computed = 0;
    std::vector<std::span<const TokenId>> group;
    std::size_t most = model_->n_branches();
    for (std::size_t from = 0; from < open.size();) {
        const std::size_t n = std::min(most, open.size() - from);
        group.clear();
        for (std::size_t i = from; i < from + n; ++i)
            group.emplace_back(open[i]->tokens());
        const auto rows = std::span(logits_).subspan(from * n_vocab, n * n_vocab);
        const auto cost = model_->step(group, rows, stop);
        if (!cost && cost.error().code == ErrorCode::exhausted && n > 1) {
            most = n / 2;
            continue;
        }
        if (!cost) return cost.error();
        computed += cost->computed_tokens;
        from += n;
    }
    return computed;
}

// One token for every open branch, from its row of logits_ (all from the first where that is the
// prompt's). Tells what may be shown.
Result<Unit> Local::extend_all(Round& round, std::vector<Branch*>& open) const {
    const std::size_t n_vocab = info().n_vocab;
    std::vector<std::optional<Error>> errors(open.size());
    model_->each(open.size(), [&](std::size_t i) {
        const auto row =
            std::span<const float>(logits_).subspan(round.is_first ? 0 : i * n_vocab, n_vocab);
        if (const auto done = open[i]->extend(row, *model_, ends_); !done) errors[i] = done.error();
    });
    for (std::size_t i = 0; i < open.size(); ++i) {
        if (errors[i])
            return Error{errors[i]->code, "model '" + info().name + "': " + errors[i]->message};
        if (open[i]->ending()) round.seconds[round.index(*open[i])] = seconds_since(round.start);
        round.show(*open[i]);
    }
    std::erase_if(open, [](const Branch* branch) { return branch->ending().has_value(); });
    return Unit{};
}

// The whole text of a branch that is searched for, one such branch behind the other; the others are
// left as they are.
Result<Unit> Local::search(Round& round, Branch& branch, const std::stop_token& stop) {
    if (!branch.is_searched()) return Unit{};
    if (const auto done = branch.search(*model_, ends_, stop); !done) return done.error();
    round.seconds[round.index(branch)] = seconds_since(round.start);
    round.show(branch);
    return Unit{};
}

// Token by token until all have ended, or somebody stops it.
Result<Unit> Local::draw_all(Round& round, std::vector<Branch*>& open,
                             const std::stop_token& stop) {
    while (!open.empty() && !stop.stop_requested()) {
        if (const auto done = extend_all(round, open); !done) return done.error();
        if (std::exchange(round.is_first, false))
            round.first_token_seconds = seconds_since(round.start);
        if (open.empty()) break;
        const auto stepped = step(open, stop);
        if (!stepped && !stop.stop_requested()) return stepped.error();
    }
    return Unit{};
}

Result<Generated> Local::generate(const Prompt& prompt, std::span<const CandidateRequest> requests,
                                  const OnText& on_text, const std::stop_token& stop) {
    const auto start = Clock::now();
    Generated generated;
    auto encoded = prompt_of(prompt);
    if (!encoded) return encoded.error();
    generated.prompt_ids = std::move(encoded->ids);
    generated.frame_tokens = encoded->frame_tokens;
    generated.block_tokens = std::move(encoded->block_tokens);
    auto branches = begin(requests, generated.prompt_ids);
    if (!branches) return branches.error();

    // The prompt is one branch; its row of logits begins every candidate.
    const std::span<const TokenId> whole(generated.prompt_ids);
    logits_.resize(info().n_vocab);
    const auto cost = model_->step({&whole, 1}, logits_, stop);
    if (!cost && !stop.stop_requested()) return cost.error();
    generated.computed_tokens = cost ? cost->computed_tokens : 0;
    const bool holds_ends = cost && model_->hold_ends();

    Round round{start, on_text, branches->data(), std::vector<double>(branches->size()), true, 0};
    std::vector<Branch*> open;
    for (auto& branch : *branches) {
        if (!branch.is_searched()) open.push_back(&branch);
    }
    if (const auto done = draw_all(round, open, stop); !done) return done.error();
    generated.first_token_seconds = round.first_token_seconds;
    for (auto& branch : *branches) {
        if (const auto done = search(round, branch, stop); !done) return done.error();
    }
    for (Branch* branch : open) {
        branch->leave(Ending::stopped);
        round.seconds[round.index(*branch)] = seconds_since(start);
        round.show(*branch);
    }
    for (std::size_t i = 0; i < branches->size(); ++i) {
        generated.candidates.push_back(std::move((*branches)[i]).finished());
        generated.candidates.back().seconds = round.seconds[i];
    }
    if (holds_ends && prompt.ids.empty()) hold_ends(generated, stop);  // not for a replay
    generated.seconds = seconds_since(start);
    return generated;
}

// The last token of a candidate was drawn, and its logits are not computed: they will be those that
// the next offer begins with, whichever candidate is taken. One more step for all makes the first
// word after a choice wait for nothing.
void Local::hold_ends(const Generated& generated, const std::stop_token& stop) {
    std::vector<std::vector<TokenId>> texts;
    std::vector<std::span<const TokenId>> ends;
    texts.reserve(generated.candidates.size());
    for (const auto& candidate : generated.candidates) {
        if (candidate.ids.empty()) continue;
        texts.push_back(generated.prompt_ids);
        texts.back().insert(texts.back().end(), candidate.ids.begin(), candidate.ids.end());
        ends.emplace_back(texts.back());
    }
    if (ends.empty() || stop.stop_requested()) return;
    std::vector<float> states(ends.size() * info().n_embd);
    // Where it fails (stopped, no room) the token is computed when it is asked for.
    if (model_->step_with_states(ends, {}, states, stop)) model_->hold_ends();
}

// From the first place on where mirostat has a state, else the place alone.
Result<Reach> Local::reach(const PlaceRequest& request, const std::stop_token& stop) {
    assert(!request.tokens.empty());
    if (const auto known = check_ids(request.tokens, "the candidate"); !known) return known.error();
    if (const auto good = check(request.settings); !good) return good.error();
    Prompt prompt;
    prompt.ids = request.prompt_ids;
    prompt.ids.insert(prompt.ids.end(), request.tokens.begin(), request.tokens.end());
    const auto whole = prompt_of(prompt);
    if (!whole) return whole.error();

    sample::Sampler sampler(request.settings, spelling_of(request.settings));
    logits_.resize(info().n_vocab);
    PlaceInRow place;
    place.ends = ends_;
    if (request.draws > 0) place.draws = request.draws;  // 0: from before they were kept
    place.words = request.words;
    place.n_likeliest = request.n_likeliest;
    const std::size_t last = request.tokens.size() - 1;
    std::vector<TokenId> bans;
    for (place.position = request.settings.mirostat_tau > 0 ? 0 : last;; ++place.position) {
        const std::span<const TokenId> all(whole->ids);
        const auto branch = all.first(request.prompt_ids.size() + place.position);
        if (const auto cost = model_->step({&branch, 1}, logits_, stop); !cost) return cost.error();
        bans.clear();
        for (const auto& [position, token] : request.bans) {
            if (static_cast<std::size_t>(position) == place.position) bans.push_back(token);
        }
        place.history = branch;
        place.bans = bans;
        place.taken = request.tokens[place.position];
        if (place.position == last) break;
        const auto drawn = drawn_again(logits_, sampler, place);
        place.mirostat_mu = drawn ? std::optional(drawn->mirostat_mu) : std::nullopt;
    }
    place.logprob = request.logprob;
    auto found = reach_in(logits_, sampler, place);
    if (!found)
        return Error{found.error().code, "model '" + info().name + "': " + found.error().message};
    for (auto& alternative : found->alternatives)
        alternative.text = model_->piece(alternative.id);
    return found;
}

}  // namespace

std::unique_ptr<Generator> make_local(std::unique_ptr<Model> model) {
    return std::make_unique<Local>(std::move(model));
}

}  // namespace fabula::model
