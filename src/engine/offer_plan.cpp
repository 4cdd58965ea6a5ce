// SPDX-License-Identifier: 0BSD
#include "engine/offer_plan.h"

#include "engine/write.h"
#include "preference/adaptive.h"
#include "store/check.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

namespace fabula::engine {
namespace {

// The path of the story, then the number of the offer.
Rng offer_stream(const store::Story& story, story::PassageId passage, std::size_t number) {
    Rng rng(story.record.seed);
    const auto path = story.tree.path(passage);
    if (path) {
        for (const auto id : *path)
            rng = rng.child(story.tree.sibling_index(id));
    }
    return rng.child(number);
}

// Behind the indices that candidates have: the stream that says which candidate gets which place of
// a policy, so that a place on the screen does not always mean the same kind of settings.
constexpr std::uint64_t places_stream = store::max_index;

// The place of the policy that candidate `index` of `n` is given: a permutation by Fisher and
// Yates.
std::size_t place_of(const Rng& offer, std::size_t index, std::size_t n) {
    std::vector<std::size_t> places(n);
    std::iota(places.begin(), places.end(), std::size_t{0});
    const Rng numbers = offer.child(places_stream);
    for (std::size_t i = n; i > 1; --i) {
        const auto other = static_cast<std::size_t>(numbers.uniform(i) * static_cast<double>(i));
        std::swap(places[i - 1], places[other]);
    }
    return places[index % n];
}

// The newest passages of the story, as the watch wants them: as many as `n_newest` candidates.
preference::Watch watch_of(const store::Story& story, story::PassageId head) {
    constexpr int n_newest = 2;
    const auto text = story.tree.read(head);
    assert(text.has_value());
    std::size_t newest_bytes = 0;
    std::vector<float> logprobs;
    auto at = head;
    for (int i = 0; i < n_newest && at != story::PassageId::root;
         ++i, at = story.tree.at(at).parent) {
        newest_bytes += story.tree.at(at).text.size();
        const auto& passage = story.passages[static_cast<std::size_t>(at)];
        for (const auto& offer : story.offers) {
            if (passage.offer != offer.id) continue;
            for (const auto& candidate : offer.candidates) {
                if (passage.index != candidate.index) continue;
                for (const auto& token : candidate.tokens)
                    logprobs.push_back(token.logprob_model);
            }
        }
    }
    return preference::watch(*text, newest_bytes, logprobs);
}

class Proposing {
public:
    Proposing(const store::Story& story, story::PassageId parent, std::size_t number,
              const OfferOptions& options)
        : story_(story), parent_(parent), number_(number), options_(options) {
        if (options.is_adaptive) watch_ = watch_of(story, parent);
    }

    void add(CandidatePlans& plan, std::size_t index) const {
        const Rng stream = candidate_stream(story_, parent_, number_, index);
        plan.proposals.push_back(settings_of(stream, index));
        const Rng words = stream.child(0);
        plan.requests.push_back({plan.proposals.back().settings, words});
        plan.streams.push_back(words.name());
    }

private:
    preference::Proposal settings_of(const Rng& stream, std::size_t index) const {
        const auto n = options_.candidates;
        const preference::Place place{story_.tree.step(parent_) + 1,
                                      place_of(offer_stream(story_, parent_, number_), index, n),
                                      n};
        preference::Proposal proposal{options_.settings, std::nullopt};
        if (options_.proposer)
            proposal = options_.proposer->propose(place, options_.settings, stream.child(1));
        if (watch_) proposal = preference::adapted(std::move(proposal), *watch_, place);
        return proposal;
    }

    const store::Story& story_;
    story::PassageId parent_;
    std::size_t number_;
    const OfferOptions& options_;
    std::optional<preference::Watch> watch_;
};

std::size_t next_number(const store::Story& story, story::PassageId parent) {
    std::size_t number = 0;
    for (const auto& offer : story.offers)
        number += offer.parent == parent ? 1 : 0;
    return number;
}

Result<std::vector<story::Note>> notes_of(const OfferOptions& options) {
    auto notes = options.notes ? options.notes() : Result(std::vector<story::Note>());
    if (!notes) return notes;
    for (const auto& note : *notes) {
        if (const auto sound = check_text("a note", note.text); !sound) return sound.error();
    }
    return notes;
}

bool are_equal(const model::Prompt& a, const model::Prompt& b) {
    return a.ids == b.ids && a.chat == b.chat && a.system == b.system &&
           a.instruction == b.instruction &&
           std::equal(a.blocks.begin(), a.blocks.end(), b.blocks.begin(), b.blocks.end(),
                      [](const model::Block& left, const model::Block& right) {
                          return left.text == right.text && left.ids == right.ids;
                      });
}

}  // namespace

Result<OfferPlan> plan_offer(const store::Story& story, story::PassageId parent,
                             const model::Generator& generator, const OfferOptions& options) {
    if (!story.tree.has(parent)) return Error{ErrorCode::not_found, "there is no such passage"};
    OfferPlan plan;
    plan.parent = parent;
    plan.step = story.tree.step(plan.parent) + 1;
    plan.number = next_number(story, plan.parent);
    auto notes = notes_of(options);
    if (!notes) return notes.error();
    auto prompt =
        make_prompt(story, plan.parent,
                    {options.settings.max_new_tokens, options.chat, *std::move(notes)}, generator);
    if (!prompt) return prompt.error();
    plan.prompt = *std::move(prompt);
    auto text = story.tree.read(plan.parent);
    if (!text) return text.error();
    plan.before = *std::move(text);
    const Proposing proposing(story, plan.parent, plan.number, options);
    for (std::size_t index = 0; index < options.candidates; ++index)
        proposing.add(plan.candidates, index);
    plan.candidates.policy = policy_name(options);
    return plan;
}

CandidatePlans plan_candidate(const store::Story& story, const store::OfferRecord& offer,
                              std::size_t index, const OfferOptions& options) {
    CandidatePlans plans;
    Proposing(story, offer.parent, offer.number, options).add(plans, index);
    plans.policy = policy_name(options);
    return plans;
}

bool draw_the_same(const OfferPlan& a, const OfferPlan& b) {
    const auto settings = [](const preference::Proposal& left, const preference::Proposal& right) {
        return left.settings == right.settings && left.propensity == right.propensity;
    };
    return a.step == b.step && a.number == b.number && a.before == b.before &&
           are_equal(a.prompt.prompt, b.prompt.prompt) &&
           a.candidates.policy == b.candidates.policy &&
           a.candidates.streams == b.candidates.streams &&
           std::equal(a.candidates.proposals.begin(), a.candidates.proposals.end(),
                      b.candidates.proposals.begin(), b.candidates.proposals.end(), settings);
}

Rng candidate_stream(const store::Story& story, story::PassageId passage, std::size_t number,
                     std::size_t index) {
    return offer_stream(story, passage, number).child(index);
}

std::string policy_name(const OfferOptions& options) {
    const auto policy = options.proposer ? options.proposer->policy() : preference::Policy::fixed;
    if (!options.is_adaptive) return preference::name_of(policy);
    if (policy == preference::Policy::fixed) return "adaptive";
    return std::string(preference::name_of(policy)) + "+adaptive";
}

}  // namespace fabula::engine
