// SPDX-License-Identifier: 0BSD
// Why a token of a stored candidate stands where it stands: the words that were in reach there,
// before and after the settings. Changes nothing.
#pragma once

#include "engine/replay.h"
#include "model/generator.h"
#include "store/store.h"

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace fabula::engine {

/// Which candidate is meant.
struct CandidatePlace {
    /// The offer that this passage was taken from; where the story stands when nothing is named.
    std::optional<story::PassageId> passage;
    /// An offer by its id, in place of a passage's.
    std::optional<store::OfferId> offer;
    /// Its index in the offer, from 0; without it the one that was taken.
    std::optional<std::size_t> index;
};

struct FoundCandidate {
    const store::OfferRecord* offer = nullptr;
    const store::CandidateRecord* candidate = nullptr;  // of `offer`
};

/// Points into `story`. Errors: not_found (no such passage, offer or candidate), invalid_input (a
/// passage that no model wrote; both a passage and an offer are named; nothing of the offer was
/// taken and no index is named).
Result<FoundCandidate> find_candidate(const store::Story& story, const CandidatePlace& place);

/// The words of a candidate with the numbers that they were kept with.
struct SpeltToken {
    std::string text;  // bytes, not always whole characters
    store::TokenRecord kept;
};

struct Why {
    std::vector<SpeltToken> before;  // of the candidate
    SpeltToken taken;
    model::Reach reach;
    /// Why the numbers may not be those of then to the last digit; "" where they must be.
    std::string caution;
    /// What is not as it was kept, though it must be: "logprob was -1.25 and is -1.5 now". Empty
    /// where a caution is.
    std::vector<std::string> differences;
};

/// Every token of the candidate, spelt by the model that drew it. Errors: not_found (the model is
/// not here, or its file is another one now), corrupt (a token that the model does not have).
Result<std::vector<SpeltToken>> spell(const FoundCandidate& found, const ModelFor& model_for);

struct WhyOptions {
    std::size_t position = 0;      // which token, from 0
    std::size_t n_likeliest = 10;  // how many alternatives are listed
};

/// A token of the candidate with its alternatives, from the row that it was drawn from: behind the
/// prompt's ids as they were kept, and the tokens before it.
/// Errors: invalid_input (the candidate has no such token, or the prompt's ids were not kept), as
/// spell, and as model::Generator::reach.
Result<Why> why(const FoundCandidate& found, const WhyOptions& options, const ModelFor& model_for,
                const std::stop_token& stop);

}  // namespace fabula::engine
