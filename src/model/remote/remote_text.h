// SPDX-License-Identifier: 0BSD
// One candidate of a remote model while its pieces come: text, tokens, and how it ended. Knows
// nothing of requests.
#pragma once

#include "model/candidate_text.h"
#include "model/generator.h"
#include "model/remote/answer.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace fabula::model {

class RemoteText {
public:
    /// `joint`: put before the first piece where that begins with neither white space nor a mark.
    RemoteText(const sample::Settings& settings, std::string joint);

    /// Goes on with a piece. What comes behind the end is counted and left out.
    void take(const SaidPiece& piece);

    /// The answer is over without a word on why: it was whole, or it broke off.
    void close(bool is_whole);
    /// Ends it as it is.
    void leave(Ending ending);

    bool has_ended() const { return ending_.has_value(); }
    /// Whether the server said that it ended, and so says what it cost.
    bool was_told() const { return was_told_; }
    bool has_text() const { return !text_.text().empty(); }
    /// Tokens so far, as the server told them, else pieces.
    std::size_t n_tokens() const;

    /// As CandidateText::take_visible.
    std::string take_visible() { return text_.take_visible(); }

    /// All but seconds, usage and what was ignored. Must have ended.
    Candidate finished() &&;

private:
    void end(SaidEnding ending);

    CandidateText text_;
    std::string joint_;
    std::size_t joint_bytes_ = 0;  // of the text, once it was put there
    std::vector<SaidToken> tokens_;
    std::size_t n_pieces_ = 0;
    std::optional<Ending> ending_;
    bool was_told_ = false;
};

}  // namespace fabula::model
