// SPDX-License-Identifier: 0BSD
// One candidate at work: tokens are drawn, held against its text, taken back and drawn again, until
// it ends. Asks the model for pieces only; who steps the model hands it rows of logits.
#pragma once

#include "base/rng.h"
#include "model/bans.h"
#include "model/candidate_text.h"
#include "model/generator.h"
#include "model/text_search.h"
#include "sample/sampler.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fabula::model {

/// Draws that are refused at one position, the same text standing before it, until nothing more is
/// tried there and the candidate ends as `exhausted`.
constexpr std::size_t most_tries = 20;

/// Draws of a whole candidate, each of its tokens as often as one position may be tried; then it
/// ends as `exhausted`, however much could still be tried.
std::size_t most_draws(int max_new_tokens);

/// Beside a candidate's numbers, those that decide whether xtc acts.
inline Rng coins_of(const Rng& words) {
    return words.child(1);
}

class Branch {
public:
    Branch(const CandidateRequest& request, sample::Spelling spelling, Bans bans,
           const std::vector<TokenId>& prompt);

    /// Draws from the row of logits that follows `tokens()`, until a token stays, the candidate has
    /// ended, or a ban is found that began earlier: then the text is taken back to the token in
    /// which the ban begins, and that token is banned there. Before the next call the model steps
    /// over `tokens()` again, whatever their number. `ends`: the tokens that end the text.
    ///
    /// Attempt j at position i uses number (i, j) of the candidate's stream, no number twice: j
    /// goes on counting where the text was taken back and comes to the position again. Bans hold at
    /// their position while what stands before it stays the same. Errors: corrupt, when a logit is
    /// no number.
    Result<Unit> extend(std::span<const float> logits, const Model& model,
                        std::span<const TokenId> ends);

    /// Whether its settings ask for a text that is searched for, not drawn (text_search.h).
    bool is_searched() const { return model::is_searched(sampler_.settings()); }

    /// Searches its whole text and ends it. Nothing is drawn; what the text may not have is passed
    /// over. A beam search that is stopped has no text. Errors: as TextSearch::find.
    Result<Unit> search(Model& model, std::span<const TokenId> ends, const std::stop_token& stop);

    /// Ends it as it is. A ban that its end completes is taken back and not drawn anew.
    void leave(Ending ending);

    std::span<const TokenId> tokens() const { return tokens_; }  // the prompt's and its own
    std::optional<Ending> ending() const { return ending_; }

    /// As CandidateText::take_visible; never what a ban may still take back.
    std::string take_visible();

    /// All but the seconds. Must have ended.
    Candidate finished() &&;

private:
    // What belongs to one position: taken back with the text before it.
    struct Position {
        std::vector<TokenId> bans;  // drawn here and refused, in their order
        std::optional<double> mirostat_mu;
    };

    Result<sample::Drawn> draw(std::span<const float> logits, std::span<const TokenId> ends);
    void take(const sample::Drawn& drawn, const Model& model);
    bool may_follow(const Model& model, std::span<const TokenId> text, TokenId token) const;
    Ending ending_of(const FoundText& found, const Model& model) const;
    std::optional<std::size_t> ban_in_ended(std::size_t bytes_before);
    void take_back(std::size_t begin);
    void end(Ending ending);
    std::size_t certain_bytes() const;
    std::size_t n_drawn() const { return tokens_.size() - n_prompt_; }

    sample::Sampler sampler_;
    Rng words_;
    std::size_t stops_at_tokens_;
    std::size_t stops_at_draws_;
    Bans bans_;
    CandidateText text_;
    std::vector<TokenId> tokens_;
    std::size_t n_prompt_;
    std::vector<Position> positions_{1};   // one for each token of its own, and the next
    std::vector<std::uint32_t> attempts_;  // at each position it ever came to
    std::uint64_t draws_ = 0;
    std::optional<Ending> ending_;
};

}  // namespace fabula::model
