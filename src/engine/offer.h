// SPDX-License-Identifier: 0BSD
// Offers several continuations of where a story stands, each with its own settings, and keeps them
// all.
#pragma once

#include "engine/events.h"
#include "engine/offer_plan.h"
#include "model/generator.h"
#include "store/store.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace fabula::engine {

/// What a verb works on: the story as the store has it, and who writes.
struct AtWork {
    store::Store& store;
    model::Generator& generator;
    store::Story& story;
};

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

/// The two halves of `offer`, for those who draw ahead of being asked. `draw` stores nothing and
/// tells nobody but `on_text`. Errors: as Generator::generate.
Result<model::Generated> draw(const OfferPlan& plan, model::Generator& generator,
                              const model::OnText& on_text, const std::stop_token& stop);

/// How an offer is kept: when it was made and, where it was asked for through the queue, the claim
/// that ends with it.
struct Keeping {
    Timestamp created{};
    std::optional<store::Claim> claim;
};

/// Stores what was drawn of the plan, then tells of each candidate. Requires a plan of this story.
/// Errors: as Store::add_offer, after which nothing is kept.
Result<Offered> keep(AtWork work, const OfferPlan& plan, const model::Generated& generated,
                     const Keeping& keeping, Events& events);

/// What is offered where the story stands and was drawn to its end, without anybody having decided
/// on it: somebody was interrupted between the two. Of the costs of drawing nothing is known.
std::optional<Offered> open_offer(const store::Story& story);

/// The event that begins a step of that plan.
StepBegan step_began(const OfferPlan& plan);

/// The index of the next candidate that is drawn for the offer.
std::size_t next_index(const store::OfferRecord& offer);

/// One more candidate for an offer, drawn from the prompt that the offer was drawn from, in place
/// of one that nobody wants; it is stored, and `work.story` gets it too. Settings and words come
/// from the streams of its own index, the next one. Errors: not_found; as Generator::generate and
/// Store::add_candidates.
Result<store::CandidateRecord> redraw(AtWork work, store::OfferId offer,
                                      const OfferOptions& options, Events& events,
                                      const std::stop_token& stop);

/// The two halves of `redraw`, as those of `offer`. `plans`: of one candidate.
Result<model::Generated> draw_again(const store::OfferRecord& offer, const CandidatePlans& plans,
                                    model::Generator& generator, const model::OnText& on_text,
                                    const std::stop_token& stop);
Result<store::CandidateRecord> keep_again(AtWork work, store::OfferId offer,
                                          const CandidatePlans& plans,
                                          const model::Generated& generated,
                                          const Keeping& keeping);

/// What the model computed of a candidate that was taken stays for the next prompt, also of another
/// process; unless it stands behind notes that will have changed.
void keep_taken(AtWork work, const Offered& offered, std::size_t index);

}  // namespace fabula::engine
