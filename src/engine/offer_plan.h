// SPDX-License-Identifier: 0BSD
// What an offer will be drawn from: prompt, settings and random streams. It follows from the story,
// the notes and what the policy has learned; two plans that are equal give the same words, now or
// later, on a backend that promises its bits.
#pragma once

#include "engine/prompt.h"
#include "model/generator.h"
#include "preference/proposer.h"
#include "sample/settings.h"
#include "store/store.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

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

/// "random", "portfolio+adaptive"; "adaptive" on top of settings that are fixed.
std::string policy_name(const OfferOptions& options);

/// The candidates of a plan: one place in each list a candidate.
struct CandidatePlans {
    std::vector<preference::Proposal> proposals;
    std::vector<model::CandidateRequest> requests;
    std::vector<std::uint64_t> streams;  // Rng::name() of their words
    std::string policy;

    std::size_t size() const { return proposals.size(); }
};

struct OfferPlan {
    std::size_t step = 0;  // from 1, counted from the opening
    story::PassageId parent{};
    std::size_t number = 0;  // which offer at this passage
    std::string before;      // the story's text up to there
    StoryPrompt prompt;
    CandidatePlans candidates;
};

/// The next offer behind `parent`. Errors: as make_prompt and options.notes; invalid_input for
/// notes that are empty, not UTF-8 or have a NUL.
Result<OfferPlan> plan_offer(const store::Story& story, story::PassageId parent,
                             const model::Generator& generator, const OfferOptions& options);

/// Candidate `index` alone, of an offer that is there. Requires a passage of the story.
CandidatePlans plan_candidate(const store::Story& story, const store::OfferRecord& offer,
                              std::size_t index, const OfferOptions& options);

/// Whether both give the same words: the same prompt, settings and streams. What the passages are
/// numbered does not matter.
bool draw_the_same(const OfferPlan& a, const OfferPlan& b);

/// The stream of candidate `index` of offer `number` at `passage`: child 0 for words, 1 for
/// settings.
Rng candidate_stream(const store::Story& story, story::PassageId passage, std::size_t number,
                     std::size_t index);

}  // namespace fabula::engine
