// SPDX-License-Identifier: 0BSD
// Generator over a local Model: every branch is sampled with its own settings, and all branches
// that are still being written go through one step together.
#include "model/candidate_text.h"
#include "model/generator.h"
#include "sample/bad_words.h"
#include "sample/sampler.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace fabula::model {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t most_attempts = 20;       // draws at one position before giving up
constexpr std::size_t bad_word_tail_bytes = 512;  // how far back a bad word may have begun

constexpr std::uint64_t coin_stream = 1;  // beside a candidate's numbers, those for xtc

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// A candidate at work.
struct Branch {
    Branch(const CandidateRequest& request, sample::Spelling spelling,
           const std::vector<TokenId>& prompt)
        : sampler(request.settings, std::move(spelling)),
          words(request.words),
          most_tokens(request.most_tokens),
          text(request.settings.max_new_tokens, request.settings.stop),
          tokens(prompt) {}

    sample::Sampler sampler;
    Rng words;
    std::size_t most_tokens;
    CandidateText text;
    std::vector<TokenId> tokens;  // prompt and drawn tokens
    std::optional<double> mirostat_mu;
    std::optional<Ending> ending;
    double seconds = 0;
};

Candidate finished(Branch&& branch, Clock::time_point start) {
    Candidate candidate;
    candidate.ending = branch.ending.value_or(Ending::stopped);
    candidate.seconds = branch.ending ? branch.seconds : seconds_since(start);
    std::move(branch.text).move_into(candidate);
    return candidate;
}

// What the branches of one call have in common.
struct Round {
    Clock::time_point start;
    const OnText& on_text;
    const Branch* first = nullptr;  // candidate 0
    bool is_first = false;          // whether logits_ holds the prompt's row alone
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

    Result<std::size_t> measure(const Block& block) const override {
        if (!block.ids.empty()) return block.ids.size();
        const auto tokens = model_->encode(block.text, Place::inside);
        if (!tokens) return tokens.error();
        return tokens->size();
    }

private:
    Result<Unit> append(std::string_view text, Place place, std::vector<TokenId>& tokens) const;
    Result<Unit> append_block(const Block& block, std::vector<TokenId>& tokens) const;
    Result<Unit> extend_all(const Round& round, std::vector<Branch*>& open) const;
    Result<std::vector<TokenId>> encode(const Prompt& prompt) const;
    Result<std::vector<TokenId>> prompt_of(const Prompt& prompt) const;
    Result<std::vector<std::vector<TokenId>>> bad_sequences(
        const std::vector<std::string>& bad_words) const;
    std::vector<TokenId> breakers(const std::vector<std::string>& texts) const;
    Result<std::vector<Branch>> begin(std::span<const CandidateRequest> requests,
                                      const std::vector<TokenId>& prompt) const;
    Result<Unit> extend(Branch& branch, std::span<const float> logits) const;
    Result<std::size_t> step(std::vector<Branch*>& open, const std::stop_token& stop);

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

Result<std::vector<TokenId>> Local::encode(const Prompt& prompt) const {
    std::vector<TokenId> tokens;
    if (prompt.chat) {
        const auto frame = model_->chat_frame(prompt.system, prompt.instruction);
        if (!frame) return frame.error();
        if (const auto done = append(*frame, Place::markup, tokens); !done) return done.error();
    }
    for (const auto& block : prompt.blocks) {
        if (const auto done = append_block(block, tokens); !done) return done.error();
    }
    if (tokens.empty()) {
        if (const auto done = append("", Place::start, tokens); !done) return done.error();
    }
    if (tokens.empty()) return Error{ErrorCode::invalid_input, "the prompt is empty"};
    return tokens;
}

// The prompt's own ids, or those of its text.
Result<std::vector<TokenId>> Local::prompt_of(const Prompt& prompt) const {
    auto tokens = prompt.ids.empty() ? encode(prompt) : Result(prompt.ids);
    if (!tokens) return tokens;
    for (const TokenId token : *tokens) {
        if (token < 0 || static_cast<std::size_t>(token) >= info().n_vocab)
            return Error{ErrorCode::invalid_input,
                         "the prompt has token " + std::to_string(token) + ", and model '" +
                             info().name + "' only 0 to " + std::to_string(info().n_vocab - 1)};
    }
    if (tokens->size() >= info().window_tokens)
        return Error{ErrorCode::exhausted, "the prompt takes " + std::to_string(tokens->size()) +
                                               " tokens, the window of model '" + info().name +
                                               "' has " + std::to_string(info().window_tokens)};
    return tokens;
}

Result<std::vector<std::vector<TokenId>>> Local::bad_sequences(
    const std::vector<std::string>& bad_words) const {
    std::vector<std::vector<TokenId>> sequences;
    for (const auto& word : bad_words) {
        for (const auto& spelling : sample::bad_spellings(word)) {
            auto tokens = model_->encode(spelling, Place::inside);
            if (!tokens) return tokens.error();
            if (!tokens->empty()) sequences.push_back(*std::move(tokens));
        }
    }
    return sequences;
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

Result<std::vector<Branch>> Local::begin(std::span<const CandidateRequest> requests,
                                         const std::vector<TokenId>& prompt) const {
    std::vector<Branch> branches;
    branches.reserve(requests.size());
    for (const auto& request : requests) {
        if (const auto valid = sample::validate(request.settings); !valid) return valid.error();
        for (const auto& [token, bias] : request.settings.logit_bias) {
            if (static_cast<std::size_t>(token) >= info().n_vocab)
                return Error{ErrorCode::invalid_input, "logit_bias: model '" + info().name +
                                                           "' has no token " +
                                                           std::to_string(token) + ", only 0 to " +
                                                           std::to_string(info().n_vocab - 1)};
        }
        auto sequences = bad_sequences(request.settings.bad_words);
        if (!sequences) return sequences.error();
        sample::Spelling spelling;
        spelling.bad_sequences = *std::move(sequences);
        if (request.settings.dry_multiplier > 0)
            spelling.dry_breakers = breakers(request.settings.dry_breakers);
        branches.emplace_back(request, std::move(spelling), prompt);
    }
    return branches;
}

// Draws the next token of a branch. A token that the text may not have is banned at this position
// and another is drawn; attempt j at position i uses number (i, j) of the candidate's stream.
Result<Unit> Local::extend(Branch& branch, std::span<const float> logits) const {
    const auto& settings = branch.sampler.settings();
    std::vector<TokenId> banned;
    const auto least = static_cast<std::size_t>(settings.min_new_tokens);
    if (settings.ignore_end || branch.text.n_tokens() < least) banned = ends_;
    for (std::uint32_t attempt = 0; attempt < most_attempts; ++attempt) {
        const std::size_t position = branch.text.n_tokens();
        const sample::Step step{.history = branch.tokens,
                                .banned = banned,
                                .number = branch.words.uniform(position, attempt),
                                .coin = branch.words.child(coin_stream).uniform(position, attempt),
                                .mirostat_mu = branch.mirostat_mu};
        const auto drawn = branch.sampler.draw(logits, step);
        if (!drawn) {
            if (drawn.error().code != ErrorCode::exhausted)
                return Error{drawn.error().code,
                             "model '" + info().name + "': " + drawn.error().message};
            break;
        }
        if (std::find(ends_.begin(), ends_.end(), drawn->token) != ends_.end()) {
            branch.ending = Ending::end_of_text;
            return Unit{};
        }
        const std::string piece = model_->piece(drawn->token);
        const auto& text = branch.text.text();
        const auto tail =
            std::string_view(text).substr(text.size() - std::min(text.size(), bad_word_tail_bytes));
        if (!branch.text.may_follow(piece) ||
            sample::completes_bad_word(tail, piece, settings.bad_words)) {
            banned.push_back(drawn->token);
            continue;
        }
        branch.tokens.push_back(drawn->token);
        if (settings.mirostat_tau > 0) branch.mirostat_mu = drawn->mirostat_mu;
        branch.ending =
            branch.text.append(drawn->token, piece,
                               {drawn->logprob_model, drawn->logprob, drawn->entropy, drawn->rank});
        if (!branch.ending && branch.tokens.size() >= model_->info().window_tokens)
            branch.ending = Ending::window;
        if (!branch.ending && branch.text.n_tokens() >= branch.most_tokens)
            branch.ending = Ending::stopped;
        return Unit{};
    }
    branch.ending = Ending::exhausted;
    return Unit{};
}

// One step for every open branch, in groups where the model takes fewer at a time; a row of logits_
// for each. Returns how many tokens were computed.
Result<std::size_t> Local::step(std::vector<Branch*>& open, const std::stop_token& stop) {
    const std::size_t n_vocab = model_->info().n_vocab;
    logits_.resize(open.size() * n_vocab);
    std::size_t computed = 0;
    std::vector<std::span<const TokenId>> group;
    for (std::size_t from = 0; from < open.size(); from += model_->n_branches()) {
        const std::size_t n = std::min(model_->n_branches(), open.size() - from);
        group.clear();
        for (std::size_t i = from; i < from + n; ++i)
            group.emplace_back(open[i]->tokens);
        const auto rows = std::span(logits_).subspan(from * n_vocab, n * n_vocab);
        const auto cost = model_->step(group, rows, stop);
        if (!cost) return cost.error();
        computed += cost->computed_tokens;
    }
    return computed;
}

// One token for every open branch, from its row of logits_ (all from the first where that is the
// prompt's). Tells what may be shown.
Result<Unit> Local::extend_all(const Round& round, std::vector<Branch*>& open) const {
    const std::size_t n_vocab = info().n_vocab;
    std::vector<std::optional<Error>> errors(open.size());
    model_->each(open.size(), [&](std::size_t i) {
        const auto row =
            std::span<const float>(logits_).subspan(round.is_first ? 0 : i * n_vocab, n_vocab);
        if (const auto done = extend(*open[i], row); !done) errors[i] = done.error();
    });
    for (std::size_t i = 0; i < open.size(); ++i) {
        Branch& branch = *open[i];
        if (errors[i]) return *errors[i];
        if (branch.ending) {
            branch.text.finish();
            branch.seconds = seconds_since(round.start);
        }
        const auto fresh = branch.text.take_visible();
        if (!fresh.empty() && round.on_text)
            round.on_text(static_cast<std::size_t>(&branch - round.first), fresh);
    }
    std::erase_if(open, [](const Branch* branch) { return branch->ending.has_value(); });
    return Unit{};
}

Result<Generated> Local::generate(const Prompt& prompt, std::span<const CandidateRequest> requests,
                                  const OnText& on_text, const std::stop_token& stop) {
    const auto start = Clock::now();
    Generated generated;
    auto prompt_ids = prompt_of(prompt);
    if (!prompt_ids) return prompt_ids.error();
    generated.prompt_ids = *std::move(prompt_ids);
    auto branches = begin(requests, generated.prompt_ids);
    if (!branches) return branches.error();

    // The prompt is one branch; its row of logits begins every candidate.
    const std::span<const TokenId> whole(generated.prompt_ids);
    logits_.resize(info().n_vocab);
    const auto cost = model_->step({&whole, 1}, logits_, stop);
    if (!cost && !stop.stop_requested()) return cost.error();
    generated.computed_tokens = cost ? cost->computed_tokens : 0;

    std::vector<Branch*> open;
    for (auto& branch : *branches)
        open.push_back(&branch);
    Round round{start, on_text, branches->data(), true};
    while (!open.empty() && !stop.stop_requested()) {
        if (const auto done = extend_all(round, open); !done) return done.error();
        if (std::exchange(round.is_first, false))
            generated.first_token_seconds = seconds_since(start);
        if (open.empty()) break;
        const auto stepped = step(open, stop);
        if (!stepped && !stop.stop_requested()) return stepped.error();
    }
    for (auto& branch : *branches)
        generated.candidates.push_back(finished(std::move(branch), start));
    generated.seconds = seconds_since(start);
    return generated;
}

}  // namespace

std::unique_ptr<Generator> make_local(std::unique_ptr<Model> model) {
    return std::make_unique<Local>(std::move(model));
}

}  // namespace fabula::model
