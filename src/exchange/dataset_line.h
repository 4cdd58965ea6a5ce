// SPDX-License-Identifier: 0BSD
// The lines of a published data set (docs/formats/dataset.md) as values: what was offered, and the
// pairs of a better and a worse text that follow from what was picked.
#pragma once

#include "base/clock.h"
#include "base/token.h"
#include "sample/settings.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fabula::exchange {

/// What a model wrote, token by token, in nats.
struct TokenLists {
    std::vector<TokenId> ids;
    std::vector<float> logprobs_model;  // temperature 1, nothing cut; as long as `ids`
    std::vector<float> logprobs;        // under the settings; as long as `ids`

    bool operator==(const TokenLists&) const = default;
};

struct CandidateLine {
    std::size_t index = 0;  // in its offer
    std::string text;
    sample::Settings settings;
    std::string policy;
    std::optional<double> propensity;  // empty: nothing was drawn
    std::size_t n_tokens = 0;
    std::optional<double> mean_logprob_model;  // empty without tokens
    std::optional<double> mean_logprob;
    std::optional<TokenLists> tokens;  // empty where a name was taken out of the text
    std::optional<double> score;       // empty: not finite (a candidate without words)
    std::optional<double> copied_share;
    std::string ending;
    std::optional<double> seconds;
    std::uint64_t stream = 0;
    bool is_redacted = false;  // a name was taken out of the text or of the settings
    std::string created;       // UTC, ISO 8601

    bool operator==(const CandidateLine&) const = default;
};

struct RatingLine {
    std::size_t index = 0;  // the candidate
    int rating = 0;         // 1 or -1
    std::string reason;
    std::optional<std::string> user;
    std::string created;

    bool operator==(const RatingLine&) const = default;
};

/// What became of an offer. `picked`: the candidate as it stood; `edited`: the candidate in a
/// person's words; `written`: a person's own words in place of all; `refused`: nothing came of it.
enum class DecisionKind { picked, edited, written, refused };
const char* name_of(DecisionKind kind);

struct DecisionLine {
    DecisionKind kind = DecisionKind::refused;
    std::optional<std::size_t> index;  // with `picked` and `edited`
    std::optional<std::string> words;  // with `edited` and `written`
    std::string chooser;               // "person", "score"
    std::string reason;
    std::optional<std::string> user;
    std::optional<double> seconds;
    std::string created;

    bool operator==(const DecisionLine&) const = default;
};

/// One offer, decided or not.
struct OfferLine {
    std::string id;           // STORY/PASSAGE.NUMBER
    std::string story;        // a pseudonym
    std::size_t step = 1;     // from 1
    std::size_t passage = 0;  // behind which it was made
    std::size_t number = 0;   // which offer there, from 0
    std::optional<std::string> prompt;
    std::optional<std::string> system;
    std::optional<std::string> instruction;
    std::vector<CandidateLine> candidates;
    std::vector<std::size_t> shown;  // indices as they stood on the screen; empty: not kept
    std::optional<DecisionLine> decision;
    std::size_t n_choices = 0;  // how often somebody chose here; `decision` is the one that counts
    std::vector<RatingLine> ratings;
    std::uint64_t seed = 0;  // of the story
    std::string model;
    std::string model_hash;
    std::string adapter_hash;
    std::string backend;
    std::string arithmetic;
    std::string created;

    bool operator==(const OfferLine&) const = default;
};

/// One text that was taken and one that stood beside it.
struct PairLine {
    std::string id;  // OFFER/CHOSEN-REJECTED
    std::string offer;
    std::string story;
    std::size_t step = 1;
    std::optional<std::string> prompt;
    std::string chosen;
    std::string rejected;
    std::size_t chosen_index = 0;
    std::size_t rejected_index = 0;
    bool is_edited = false;  // `chosen` is the candidate as a person changed it
    std::string chooser;
    std::optional<std::string> user;
    std::string model;

    bool operator==(const PairLine&) const = default;
};

/// Whose choices count.
enum class Chooser { person, score, any };
/// "person", "score", "any". Errors of the second: invalid_input.
const char* name_of(Chooser chooser);
Result<Chooser> chooser_named(const std::string& name);
/// Whether a choice of `chooser` (as store::ChoiceRecord has it) counts.
bool counts(Chooser whose, const std::string& chooser);

/// The order in which the candidates stood; by their index where that was not kept.
std::vector<std::size_t> order_shown(const OfferLine& offer);

/// One pair for each candidate that was shown and not picked, in the order shown; none where all
/// were refused, where a person wrote words of their own in place of all, or where the choice is
/// not one of those that count.
std::vector<PairLine> pairs_of(const OfferLine& offer, Chooser whose);

}  // namespace fabula::exchange
