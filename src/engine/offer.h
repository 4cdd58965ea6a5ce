// SPDX-License-Identifier: 0BSD
// Offers several continuations of where a story stands, each with its own settings, and keeps them
// all.
#pragma once

#include "engine/events.h"
#include "engine/prompt.h"
#include "model/generator.h"
#include "preference/proposer.h"
#include "sample/settings.h"
#include "store/store.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace fabula::engine {

struct OfferOptions {
    std::size_t candidates = 3;  // >= 1
    sample::Settings settings;
    /// Where each candidate's settings come from; none: they are `settings`.
    std::shared_ptr<const preference::Proposer> proposer;
    /// Whether what it proposes is changed where the story comes round again or loses its thread.
    bool is_adaptive = false;
    Chat chat = Chat::off;
    /// What the model should know, asked for at each step; empty: nothing.
    std::function<Result<std::vector<story::Note>>()> notes;
    std::function<Timestamp()> clock = now;
};

/// What a verb works on: the story as the store has it, and who writes.
struct AtWork {
    store::Store& store;
    model::Generator& generator;
    store::Story& story;
};

/// "random", "portfolio+adaptive"; "adaptive" on top of settings that are fixed.
std::string policy_name(const OfferOptions& options);

/// What was offered and what it cost.
struct Offered {
    store::OfferId id{};
    std::vector<preference::Score> scores;  // one a candidate
    std::vector<model::Ending> endings;
    bool was_stopped = false;
    std::size_t drawn_tokens = 0;
    std::size_t prompt_tokens = 0;  // computed, not cached
    /// Of the prompt, what stands before notes that change: with them the next prompt begins, too.
    std::size_t stable_tokens = 0;
    double first_token_seconds = 0;
};

/// Writes the candidates in one batch over the shared prompt, stores the offer, then tells of each.
/// The generator keeps what is stable of the prompt.
///
/// Candidate `index` draws its words from the stream seed / sibling indices from the root / offer
/// number / index / 0, and its settings from the same path ending in 1. `work.story` gets the offer
/// too. When stopped, what was written so far is kept as candidates that ended `stopped`. Errors:
/// as Generator::generate, make_prompt, options.notes and Store::add_offer; invalid_input for notes
/// that are empty, not UTF-8 or have a NUL.
Result<Offered> offer(AtWork work, const OfferOptions& options, Events& events,
                      const std::stop_token& stop);

/// One more candidate for an offer, drawn from the prompt that the offer was drawn from, in place
/// of one that nobody wants; it is stored, and `work.story` gets it too. Settings and words come
/// from the streams of its own index, the next one. Errors: not_found; as Generator::generate and
/// Store::add_candidates.
Result<store::CandidateRecord> redraw(AtWork work, store::OfferId offer,
                                      const OfferOptions& options, Events& events,
                                      const std::stop_token& stop);

/// What the model computed of a candidate that was taken stays for the next prompt, also of another
/// process; unless it stands behind notes that will have changed.
void keep_taken(AtWork work, const Offered& offered, std::size_t index);

/// The stream of candidate `index` of offer `number` at `passage`: child 0 for words, 1 for
/// settings.
Rng candidate_stream(const store::Story& story, story::PassageId passage, std::size_t number,
                     std::size_t index);

}  // namespace fabula::engine
