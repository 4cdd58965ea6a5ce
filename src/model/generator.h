// SPDX-License-Identifier: 0BSD
// What may be asked of a language model, at the level of text: continue this prompt, once a
// candidate, each with its own settings. Local models (Model and sample) and remote ones stand
// behind it; `engine` knows only this level. Token ids that pass through are opaque: kept, sent
// back, never interpreted.
//
// Threads: one thread at a time uses a Generator; callbacks come on the calling thread.
#pragma once

#include "base/result.h"
#include "base/rng.h"
#include "base/token.h"
#include "model/model.h"
#include "sample/settings.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

/// A piece of a prompt. Where `ids` is not empty the text was drawn with these tokens and is not
/// tokenised again.
struct Block {
    std::string text;
    std::vector<TokenId> ids;
};

/// Who speaks, for models with a chat template; plain models get the text as it is.
struct Prompt {
    /// Where not empty: the whole prompt as the model saw it before (Generated::prompt_ids), with
    /// its beginning of text and its chat frame. Nothing is tokenised, the other fields are unread.
    std::vector<TokenId> ids = {};
    std::vector<Block> blocks;
    std::string system;  // used only with `chat`
    bool chat = false;   // blocks are the start of the assistant's answer to `instruction`
    std::string instruction;
};

/// Why a candidate ended.
enum class Ending {
    end_of_text,     // the model said so
    sentence_end,    // the budget was reached and a sentence ended within reach
    budget,          // max_new_tokens, in the middle of a sentence
    stop_string,     // one of settings.stop; it is not in the text
    window,          // no room left in the model's window
    exhausted,       // every token that could follow was banned, or too many were tried
    stopped,         // somebody asked for it
    connection_lost  // a remote model's answer broke off: what came is kept
};

const char* name_of(Ending ending);
Result<Ending> ending_named(std::string_view name);

/// The record of one drawn token.
struct TokenTrace {
    float logprob_model = 0;  // natural log under the model, temperature 1, nothing cut
    float logprob = 0;        // natural log under the settings
    float entropy = 0;        // nats, of the model's distribution
    std::int32_t rank = 0;    // 0 is the model's likeliest

    bool operator==(const TokenTrace&) const = default;
};

/// A token that was drawn at a position and refused there: it is no text, or a banned phrase or
/// pattern began with it.
struct Ban {
    std::int32_t position = 0;  // tokens of the candidate before it
    TokenId token = 0;

    bool operator==(const Ban&) const = default;
};

struct CandidateRequest {
    sample::Settings settings;
    Rng words{0};  // number (position, attempt) draws the token at that position
    /// Behind so many tokens, at least 1, it is left as it is with the ending `stopped`, as if
    /// somebody had stopped it there.
    std::size_t most_tokens = std::numeric_limits<std::size_t>::max();
    /// The same, behind so many draws: what of a candidate that was stopped is the same each time
    /// is its number of draws, since tokens are taken back.
    std::uint64_t most_draws = std::numeric_limits<std::uint64_t>::max();
};

/// What a candidate of a remote model cost.
struct RemoteUsage {
    std::string host;
    std::size_t prompt_tokens = 0;
    std::size_t completion_tokens = 0;
    bool is_counted_here = false;  // the server told no counts: they are estimates
    double money = 0;
    std::string currency;           // "" where no price is known
    double first_text_seconds = 0;  // from the request to its first text
    std::size_t attempts = 1;
};

struct Candidate {
    std::string text;               // UTF-8, whole characters only
    std::vector<TokenId> ids;       // the tokens of the first `ids_bytes` bytes of the text
    std::size_t ids_bytes = 0;      // less than text.size() where a stop string cut a token in two
    std::vector<TokenTrace> trace;  // one an id
    /// Those that were in force when the tokens were drawn, by position and then as they were
    /// refused; at position ids.size() those behind the last token.
    std::vector<Ban> bans;
    std::uint64_t draws = 0;  // all of them, of tokens that were refused or taken back, too
    Ending ending = Ending::stopped;
    double seconds = 0;  // wall time from the call to this candidate's end
    /// Of a remote model alone. Such a candidate has ids and a trace only where the server told the
    /// log-probability of each token; entropy, rank and the probability under the settings are not
    /// known then (0, 0, as under the model), and ids that the server did not tell are made of the
    /// token's text. Without them `draws` is the number of its tokens.
    std::optional<RemoteUsage> usage = {};
    std::vector<std::string> ignored = {};  // settings that the server does not know: not in force
};

/// How many tokens a candidate took, told one by one or not.
inline std::size_t n_tokens(const Candidate& candidate) {
    return candidate.ids.empty() && candidate.usage ? static_cast<std::size_t>(candidate.draws)
                                                    : candidate.ids.size();
}

/// What went into a generation and what it cost.
struct Generated {
    std::vector<Candidate> candidates;      // one a request, in order
    std::vector<TokenId> prompt_ids;        // the prompt as the model saw it
    std::size_t frame_tokens = 0;           // of it, what the chat frame takes before the blocks
    std::vector<std::size_t> block_tokens;  // one a block, what begins a text counted to the first
    /// Prompt tokens evaluated; the others, from the front on, were cached.
    std::size_t computed_tokens = 0;
    double first_token_seconds = 0;  // from the call to the first drawn token
    double seconds = 0;
};

/// A token that could have stood at a place.
struct Alternative {
    TokenId id = 0;
    std::string text;              // its bytes, not always whole characters; "" for control tokens
    double probability_model = 0;  // temperature 1, nothing cut
    double probability = 0;        // under the settings; 0 where they put it out of reach
    std::int32_t rank = 0;         // 0 is the model's likeliest
};

/// One place of a candidate: that of the last of `tokens`.
struct PlaceRequest {
    std::vector<TokenId> prompt_ids;  // Generated::prompt_ids
    std::vector<TokenId> tokens;      // of the candidate, up to the place; not empty
    std::vector<Ban> bans;            // Candidate::bans
    std::uint64_t draws = 0;          // Candidate::draws
    float logprob = 0;                // of the last of `tokens`, as it was kept
    sample::Settings settings;
    Rng words{0};                  // that of the candidate
    std::size_t n_likeliest = 10;  // how many alternatives are listed
};

/// What was in reach at a place.
struct Reach {
    std::vector<Alternative> alternatives;  // the likeliest under the model, by rank; then the
                                            // one taken where it is not among them
    std::size_t n_in_reach = 0;             // tokens that the settings left in play
    double share_cut = 0;  // of the model's probability, what lies out of reach, in [0, 1]
    /// Whether the token that stands there was drawn, or found, again; only then can `taken` be
    /// held against what was kept bit for bit.
    bool was_drawn_again = false;
    std::size_t n_refused = 0;  // tokens that were banned at this place
    TokenTrace taken;           // of the token that stands there, as it is computed now
};

/// Sums over all requests to a remote model.
struct RemoteFigures {
    std::size_t n_requests = 0;  // that gave text
    std::size_t n_failed = 0;    // attempts that gave none, and were made again or given up
    std::size_t prompt_tokens = 0;
    std::size_t completion_tokens = 0;
    double money = 0;
    std::string currency;       // "" where no price is known
    bool is_estimated = false;  // some counts are ours
};

/// Text of candidate `index` as it is drawn: whole characters, never a part of a stop string, never
/// what a later cut takes back (the last words wait until they are certain).
using OnText = std::function<void(std::size_t index, std::string_view text)>;

class Generator {
public:
    Generator(const Generator&) = delete;
    Generator& operator=(const Generator&) = delete;
    virtual ~Generator() = default;

    virtual const ModelInfo& info() const = 0;

    /// Continues `prompt` once a request, all in step. Stopping is an ending, not an error: the
    /// candidates keep what they have. Errors: exhausted (prompt longer than the window less one
    /// token), invalid_input (settings, ids that are not in the vocabulary), unavailable (the model
    /// failed).
    virtual Result<Generated> generate(const Prompt& prompt,
                                       std::span<const CandidateRequest> requests,
                                       const OnText& on_text, const std::stop_token& stop) = 0;

    /// What was in reach at a place of a candidate, from the row that it was drawn from.
    /// Errors: as generate; unavailable when stopped.
    virtual Result<Reach> reach(const PlaceRequest& place, const std::stop_token& stop) = 0;

    /// The bytes of each token, "" for control tokens; not always whole characters.
    /// Errors: invalid_input (ids that are not in the vocabulary).
    virtual Result<std::vector<std::string>> spell(std::span<const TokenId> ids) const = 0;

    /// Tokens that a block takes inside a prompt. Errors: as Model::encode.
    virtual Result<std::size_t> measure(const Block& block) const = 0;

    /// A text of these tokens will be gone on with, perhaps by another process. As Model::keep.
    virtual void keep(std::span<const TokenId> ids);

    virtual CacheFigures cache_figures() const { return {}; }

    /// What a remote model has cost since it was opened; all zero for a local one.
    virtual RemoteFigures remote_figures() const { return {}; }

protected:
    Generator() = default;
};

/// A generator over a local model.
std::unique_ptr<Generator> make_local(std::unique_ptr<Model> model);

}  // namespace fabula::model
