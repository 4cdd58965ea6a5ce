// SPDX-License-Identifier: 0BSD
// Draws the stored candidates of a story again, from what was kept of them, and says where the new
// words are not the old ones. Changes nothing.
#pragma once

#include "model/generator.h"
#include "store/store.h"

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace fabula::engine {

/// The model that can draw this offer again, or why there is none. What it gives is used until it
/// is asked again; offers of one model and arithmetic are asked for in a row.
using ModelFor = std::function<Result<model::Generator*>(const store::OfferRecord& offer)>;

struct ReplayOptions {
    /// Candidates that are drawn together, whatever company they had when they were written: of one
    /// offer, filled up with others that nobody keeps. 0: the offer as it is.
    std::size_t group = 0;
    /// Told how many candidates are done, so far.
    std::function<void(std::size_t n_done)> on_progress = {};
};

/// The first thing in which a candidate was not drawn as it was kept.
struct Difference {
    store::OfferId offer{};
    std::size_t step = 0;   // from 1
    std::size_t index = 0;  // of the candidate in its offer
    /// Tokens before it that are as they were.
    std::size_t position = 0;
    /// "token", "logprob_model", "logprob", "entropy", "rank" (of the token at `position`);
    /// "length", "ending", "text", "bans" (the first that differs is at `position`), "draws";
    /// "record" where the model refuses what was kept.
    std::string what;
    std::string kept;   // for people
    std::string drawn;  // for people
};

/// Candidates that could not be compared.
struct LeftOut {
    std::string reason;
    std::size_t n_candidates = 0;
};

struct Replayed {
    std::size_t candidates = 0;         // of the story
    std::size_t equal = 0;              // drawn again, every bit as it was
    std::vector<Difference> differing;  // one a candidate; by offer and index
    std::vector<LeftOut> not_promised;  // of backends that promise no bits; each reason once
    std::vector<LeftOut> other;         // of another model or arithmetic than is here
    bool was_stopped = false;           // then the numbers are of what was done until then
};

std::size_t count(const std::vector<LeftOut>& left_out);

/// Each candidate of each offer is drawn with its own settings and stream behind the prompt ids as
/// they were kept. Equal is one whose token ids, log-probabilities, entropies and ranks are the
/// same bit for bit, and its ending, its text, its bans and the number of its draws; one that
/// somebody stopped is drawn as often as it was. Where the draws were not kept, neither were the
/// bans: it is held only against as many tokens as it has. Stopping is no error.
/// Errors: the model's, where they are about the machine and not about the record.
Result<Replayed> replay(const store::Story& story, const ModelFor& model_for,
                        const ReplayOptions& options, const std::stop_token& stop);

}  // namespace fabula::engine
