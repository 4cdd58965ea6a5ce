// SPDX-License-Identifier: 0BSD
#include "engine/offer.h"

#include "engine/write.h"
#include "preference/adaptive.h"
#include "store/check.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

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

struct Plan {
    std::vector<preference::Proposal> proposals;
    std::vector<model::CandidateRequest> requests;
    std::vector<std::uint64_t> streams;
};

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

    void add(Plan& plan, std::size_t index) const {
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

Plan plan_candidates(const store::Story& story, std::size_t number, const OfferOptions& options) {
    Plan plan;
    const Proposing proposing(story, story.head(), number, options);
    for (std::size_t index = 0; index < options.candidates; ++index)
        proposing.add(plan, index);
    return plan;
}

// `place`: where it stands in the plan; its index is the caller's.
store::CandidateRecord record_of(std::size_t place, const model::Candidate& candidate,
                                 const Plan& plan, const preference::Score& score) {
    store::CandidateRecord record;
    record.index = place;
    record.text = candidate.text;
    record.ids_bytes = candidate.ids_bytes;
    for (std::size_t i = 0; i < candidate.ids.size(); ++i) {
        const auto& trace = candidate.trace[i];
        record.tokens.push_back(
            {candidate.ids[i], trace.logprob_model, trace.logprob, trace.entropy, trace.rank});
    }
    for (const auto& ban : candidate.bans)
        record.bans.push_back({ban.position, ban.token});
    record.draws = candidate.draws;
    record.settings = plan.proposals[place].settings;
    record.propensity = plan.proposals[place].propensity;
    record.stream = plan.streams[place];
    record.ending = model::name_of(candidate.ending);
    record.score =
        std::isfinite(score.value) ? score.value : 0;  // a candidate without words has none
    record.copied_share = score.copied_share;
    record.seconds = candidate.seconds;
    return record;
}

std::size_t next_number(const store::Story& story, story::PassageId parent) {
    std::size_t number = 0;
    for (const auto& offer : story.offers)
        number += offer.parent == parent ? 1 : 0;
    return number;
}

preference::Score score_of(std::string_view story_text, const model::Candidate& candidate) {
    std::vector<float> logprobs;
    for (const auto& trace : candidate.trace)
        logprobs.push_back(trace.logprob_model);
    return preference::score(story_text, candidate.text, logprobs);
}

// What the model was shown, and how much of each block it had to compute.
PromptShown shown(std::size_t step, const StoryPrompt& made, const model::Generated& generated,
                  std::span<const TokenId> prompt_ids) {
    PromptShown prompt;
    prompt.step = step;
    prompt.left_out = made.left_out;
    prompt.computed_tokens = generated.computed_tokens;
    std::size_t n_cached =
        prompt_ids.size() - std::min(prompt_ids.size(), generated.computed_tokens);
    const auto add = [&](ShownBlock block) {
        block.cached_tokens = std::min(n_cached, block.tokens);
        n_cached -= block.cached_tokens;
        prompt.blocks.push_back(std::move(block));
    };
    if (generated.frame_tokens > 0)
        add({{"", {}, "frame", {}, 0}, generated.frame_tokens, 0, "what the chat model expects"});
    for (std::size_t i = 0; i < made.blocks.size() && i < generated.block_tokens.size(); ++i)
        add({made.blocks[i].block, generated.block_tokens[i], 0, made.blocks[i].why});
    return prompt;
}

std::size_t stable_tokens(const StoryPrompt& made, const model::Generated& generated,
                          std::size_t n_tokens) {
    std::size_t sum = generated.frame_tokens;
    for (std::size_t i = 0; i < made.blocks.size() && i < generated.block_tokens.size(); ++i) {
        if (made.blocks[i].is_late) return std::min(sum, n_tokens);
        sum += generated.block_tokens[i];
    }
    return n_tokens;
}

}  // namespace

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

Result<Offered> offer(AtWork work, const OfferOptions& options, Events& events,
                      const std::stop_token& stop) {
    const auto& [store, generator, story] = work;
    const auto head = story.head();
    const std::size_t step = story.tree.step(head) + 1;
    auto notes = options.notes ? options.notes() : Result(std::vector<story::Note>());
    if (!notes) return notes.error();
    for (const auto& note : *notes) {
        if (const auto sound = check_text("a note", note.text); !sound) return sound.error();
    }
    const auto made = make_prompt(
        story, head, {options.settings.max_new_tokens, options.chat, *std::move(notes)}, generator);
    if (!made) return made.error();
    const auto text = story.tree.read(head);
    if (!text) return text.error();

    store::OfferRecord record;
    record.parent = head;
    record.number = next_number(story, head);
    const Plan plan = plan_candidates(story, record.number, options);
    StepBegan began{step, {}, made->tokens, made->omitted_bytes};
    for (const auto& proposal : plan.proposals)
        began.settings.push_back(proposal.settings);
    events.emit(std::move(began));

    auto generated = generator.generate(
        made->prompt, plan.requests,
        [&](std::size_t index, std::string_view fresh) {
            events.emit(TextDrawn{step, index, std::string(fresh)});
        },
        stop);
    if (!generated) return generated.error();

    record.created = options.clock();
    for (const auto& block : made->blocks)
        record.prompt.push_back(block.block);
    record.prompt_ids = std::move(generated->prompt_ids);
    record.model = generator.info().name;
    record.model_hash = generator.info().hash;
    record.backend = generator.info().backend;
    record.arithmetic = generator.info().arithmetic;
    Offered offered;
    for (std::size_t i = 0; i < generated->candidates.size(); ++i) {
        const auto& candidate = generated->candidates[i];
        offered.scores.push_back(score_of(*text, candidate));
        offered.endings.push_back(candidate.ending);
        offered.was_stopped |= candidate.ending == model::Ending::stopped;
        offered.drawn_tokens += candidate.ids.size();
        record.candidates.push_back(record_of(i, candidate, plan, offered.scores.back()));
        record.candidates.back().policy = policy_name(options);
        record.candidates.back().created = record.created;
    }
    const auto id = store.add_offer(story.record.id, record);
    if (!id) return id.error();
    record.id = offered.id = *id;
    offered.prompt_tokens = generated->computed_tokens;
    offered.stable_tokens = stable_tokens(*made, *generated, record.prompt_ids.size());
    generator.keep(std::span(record.prompt_ids).first(offered.stable_tokens));
    offered.first_token_seconds = generated->first_token_seconds;
    events.emit(shown(step, *made, *generated, record.prompt_ids));
    for (const auto& candidate : record.candidates)
        events.emit(CandidateWritten{step, candidate});
    story.offers.push_back(std::move(record));
    return offered;
}

Result<store::CandidateRecord> redraw(AtWork work, store::OfferId offer,
                                      const OfferOptions& options, Events& events,
                                      const std::stop_token& stop) {
    auto& offers = work.story.offers;
    const auto found = std::find_if(offers.begin(), offers.end(),
                                    [&](const auto& record) { return record.id == offer; });
    if (found == offers.end()) return Error{ErrorCode::not_found, "this story has no such offer"};
    const std::size_t step = work.story.tree.step(found->parent) + 1;
    const std::size_t index = found->candidates.empty() ? 0 : found->candidates.back().index + 1;
    const auto text = work.story.tree.read(found->parent);
    if (!text) return text.error();
    Plan plan;
    Proposing(work.story, found->parent, found->number, options).add(plan, index);

    model::Prompt prompt;
    prompt.ids = found->prompt_ids;
    auto generated = work.generator.generate(
        prompt, plan.requests,
        [&](std::size_t, std::string_view fresh) {
            events.emit(TextDrawn{step, index, std::string(fresh)});
        },
        stop);
    if (!generated) return generated.error();
    const auto& candidate = generated->candidates.front();
    auto record = record_of(0, candidate, plan, score_of(*text, candidate));
    record.index = index;
    record.policy = policy_name(options);
    record.created = options.clock();
    const auto kept = work.store.add_candidates(offer, std::span(&record, 1));
    if (!kept) return kept.error();
    found->candidates.push_back(record);
    events.emit(CandidateWritten{step, record});
    return record;
}

void keep_taken(AtWork work, const Offered& offered, std::size_t index) {
    for (const auto& offer : work.story.offers) {
        if (offer.id != offered.id || offered.stable_tokens < offer.prompt_ids.size()) continue;
        std::vector<TokenId> ids = offer.prompt_ids;
        for (const auto& candidate : offer.candidates) {
            if (candidate.index != index) continue;
            for (const auto& token : candidate.tokens)
                ids.push_back(token.id);
        }
        work.generator.keep(ids);
    }
}

}  // namespace fabula::engine
