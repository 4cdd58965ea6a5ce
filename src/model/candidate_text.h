// SPDX-License-Identifier: 0BSD
// One candidate while it is written: its text and tokens, what of it may already be shown, and when
// it is complete. Knows words, not models: it is handed the bytes of each token. A plain value.
#pragma once

#include "base/token.h"
#include "model/generator.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

/// What happens at the end of a candidate's budget (S2.6): after max_new_tokens it goes on to the
/// next sentence end, at most this share of the budget further, and no less than
/// `least_reach_tokens`.
constexpr double reach_share = 0.5;
constexpr int least_reach_tokens = 16;

/// Most tokens that a candidate with this budget may take, its reach and one token of looking ahead
/// included.
int most_tokens(int max_new_tokens);

class CandidateText {
public:
    CandidateText(int max_new_tokens, std::vector<std::string> stop);

    /// Whether a token with these bytes may follow: it keeps the text UTF-8 and free of control
    /// characters (line break and tab aside), so that a model can send nothing to a terminal.
    bool may_follow(std::string_view piece) const;

    /// Appends a token. Returns why the candidate is complete now, or nothing. A token that only
    /// showed that a sentence had ended, and what a stop string took, are gone again from the text.
    std::optional<Ending> append(TokenId token, std::string_view piece, const TokenTrace& trace);

    /// Ends it here: what could not be shown yet and is no whole character is dropped.
    void finish();

    /// Takes back all but its first `n_tokens` tokens; where it had ended it goes on. What was
    /// shown must not be taken back.
    void take_back(std::size_t n_tokens);

    /// How many bytes may be shown if the text may have to go on from its first `upto` bytes: never
    /// half a character, never a beginning of a stop string, never what a later `append` takes
    /// back.
    std::size_t visible_bytes(std::size_t upto = std::string::npos) const;

    /// Of these bytes, at most `upto`, what was not returned before.
    std::string take_visible(std::size_t upto = std::string::npos);
    std::size_t shown_bytes() const { return shown_; }

    /// The token in which byte `byte` of the text lies; n_tokens() where it is behind the last.
    std::size_t token_at(std::size_t byte) const;
    /// Where that token begins; the end of the last where there is none.
    std::size_t token_begin(std::size_t token) const;

    const std::string& text() const { return text_; }
    std::size_t n_tokens() const { return ids_.size(); }

    /// Moves everything but ending and seconds into `candidate`. Ends the use of this object.
    void move_into(Candidate& candidate) &&;

private:
    std::optional<Ending> find_stop(std::size_t from);
    std::optional<Ending> find_sentence_end(std::size_t before);
    void cut_to(std::size_t bytes);

    int max_new_tokens_;
    std::vector<std::string> stop_;
    std::string text_;
    std::vector<TokenId> ids_;
    std::vector<std::size_t> token_ends_;  // byte offset in text_ behind each token
    std::vector<TokenTrace> trace_;
    std::size_t shown_ = 0;
    std::size_t ids_bytes_ = 0;
    bool is_finished_ = false;
};

}  // namespace fabula::model
