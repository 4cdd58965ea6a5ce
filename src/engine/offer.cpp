// SPDX-License-Identifier: 0BSD
#include "engine/offer.h"

#include "engine/write.h"
#include "model/remote/answer.h"

#include <algorithm>
#include <cmath>

namespace fabula::engine {
namespace {

// Settings that were not in force stand as those that do nothing, and the rest was not drawn with
// that propensity.
void take_out(const std::string& name, sample::Settings& settings) {
    const sample::Settings off;
    const auto field = sample::field_named(name);
    if (field && (*field)->real != nullptr) settings.*(*field)->real = (*field)->standard;
    if (field && (*field)->whole != nullptr)
        settings.*(*field)->whole = static_cast<int>((*field)->standard);
    if (name == "bad_words") settings.bad_words.clear();
    if (name == "bad_patterns") settings.bad_patterns.clear();
    if (name == "logit_bias") settings.logit_bias.clear();
    if (name == "ignore_end") settings.ignore_end = false;
    if (name == "order") settings.order = off.order;
    if (name == "dry_breakers") settings.dry_breakers = off.dry_breakers;
}

void take_out(const std::vector<std::string>& ignored, store::CandidateRecord& record) {
    for (const auto& name : ignored)
        take_out(name, record.settings);
    if (!ignored.empty()) record.propensity.reset();
}

// `place`: where it stands in the plan; its index is the caller's.
store::CandidateRecord record_of(std::size_t place, const model::Candidate& candidate,
                                 const CandidatePlans& plan, const preference::Score& score) {
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
    record.policy = plan.policy;
    record.propensity = plan.proposals[place].propensity;
    take_out(candidate.ignored, record);
    record.stream = plan.streams[place];
    record.ending = model::name_of(candidate.ending);
    record.score =
        std::isfinite(score.value) ? score.value : 0;  // a candidate without words has none
    record.copied_share = score.copied_share;
    record.seconds = candidate.seconds;
    return record;
}

struct ScoredText {
    std::string_view text;
    std::vector<float> logprobs;
    bool has_tokens = true;  // false: the model told no log-probabilities
};

ScoredText scored(const model::Candidate& candidate) {
    ScoredText each{candidate.text, {}, !candidate.ids.empty() || !candidate.usage};
    each.logprobs.reserve(candidate.trace.size());
    for (const auto& trace : candidate.trace)
        each.logprobs.push_back(trace.logprob_model);
    return each;
}

ScoredText scored(const store::CandidateRecord& candidate) {
    ScoredText each{candidate.text, {}, !candidate.tokens.empty()};
    each.logprobs.reserve(candidate.tokens.size());
    for (const auto& token : candidate.tokens)
        each.logprobs.push_back(token.logprob_model);
    return each;
}

// All by one measure: where one has no log-probabilities those of the others count for nothing.
std::vector<preference::Score> scores_of(std::string_view story_text,
                                         std::span<const ScoredText> texts) {
    const bool have_tokens = std::all_of(texts.begin(), texts.end(), [](const ScoredText& each) {
        return each.has_tokens || each.text.empty();
    });
    std::vector<preference::Score> scores;
    scores.reserve(texts.size());
    for (const auto& each : texts)
        scores.push_back(have_tokens ? preference::score(story_text, each.text, each.logprobs)
                                     : preference::score_without_logprobs(story_text, each.text));
    return scores;
}

std::vector<preference::Score> scores_of(std::string_view story_text,
                                         const std::vector<model::Candidate>& candidates) {
    std::vector<ScoredText> texts;
    texts.reserve(candidates.size());
    for (const auto& candidate : candidates)
        texts.push_back(scored(candidate));
    return scores_of(story_text, std::span<const ScoredText>(texts));
}

std::vector<preference::Score> scores_of(std::string_view story_text,
                                         const store::OfferRecord& offer) {
    const bool is_remote = model::remote_api_named(offer.backend).has_value();
    std::vector<ScoredText> texts;
    texts.reserve(offer.candidates.size());
    for (const auto& candidate : offer.candidates) {
        texts.push_back(scored(candidate));
        texts.back().has_tokens = texts.back().has_tokens || !is_remote;
    }
    return scores_of(story_text, std::span<const ScoredText>(texts));
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

store::OfferRecord* find_offer(store::Story& story, store::OfferId id) {
    const auto found = std::find_if(story.offers.begin(), story.offers.end(),
                                    [&](const auto& record) { return record.id == id; });
    return found == story.offers.end() ? nullptr : &*found;
}

Error no_such_offer() {
    return {ErrorCode::not_found, "this story has no such offer"};
}

}  // namespace

std::size_t next_index(const store::OfferRecord& offer) {
    return offer.candidates.empty() ? 0 : offer.candidates.back().index + 1;
}

Result<model::Generated> draw(const OfferPlan& plan, model::Generator& generator,
                              const model::OnText& on_text, const std::stop_token& stop) {
    return generator.generate(plan.prompt.prompt, plan.candidates.requests, on_text, stop);
}

std::optional<Offered> open_offer(const store::Story& story) {
    const auto head = story.head();
    const store::OfferRecord* open = nullptr;
    for (const auto& offer : story.offers) {
        if (offer.parent == head) open = &offer;
    }
    if (open == nullptr || open->candidates.empty()) return std::nullopt;
    for (const auto& choice : story.choices) {
        if (choice.offer == open->id) return std::nullopt;
    }
    const auto text = story.tree.read(head);
    if (!text) return std::nullopt;
    Offered offered;
    offered.id = open->id;
    for (const auto& candidate : open->candidates) {
        const auto ending = model::ending_named(candidate.ending);
        if (!ending || *ending == model::Ending::stopped) return std::nullopt;
        offered.endings.push_back(*ending);
    }
    offered.scores = scores_of(*text, *open);
    return offered;
}

StepBegan step_began(const OfferPlan& plan) {
    StepBegan began{plan.step, {}, plan.prompt.tokens, plan.prompt.omitted_bytes};
    began.settings.reserve(plan.candidates.size());
    for (const auto& proposal : plan.candidates.proposals)
        began.settings.push_back(proposal.settings);
    return began;
}

Result<Offered> keep(AtWork work, const OfferPlan& plan, const model::Generated& generated,
                     const Keeping& keeping, Events& events) {
    const auto& [store, generator, story] = work;
    store::OfferRecord record;
    record.parent = plan.parent;
    record.number = plan.number;
    record.created = keeping.created;
    for (const auto& block : plan.prompt.blocks)
        record.prompt.push_back(block.block);
    record.prompt_ids = generated.prompt_ids;
    record.model = generator.info().name;
    record.model_hash = generator.info().hash;
    record.backend = generator.info().backend;
    record.arithmetic = generator.info().arithmetic;
    Offered offered;
    offered.scores = scores_of(plan.before, generated.candidates);
    for (std::size_t i = 0; i < generated.candidates.size(); ++i) {
        const auto& candidate = generated.candidates[i];
        offered.endings.push_back(candidate.ending);
        offered.was_stopped |= candidate.ending == model::Ending::stopped;
        offered.drawn_tokens += model::n_tokens(candidate);
        record.candidates.push_back(record_of(i, candidate, plan.candidates, offered.scores[i]));
        record.candidates.back().created = record.created;
    }
    const auto id = store.add_offer(story.record.id, record, keeping.claim);
    if (!id) return id.error();
    record.id = offered.id = *id;
    offered.prompt_tokens = generated.computed_tokens;
    offered.stable_tokens = stable_tokens(plan.prompt, generated, record.prompt_ids.size());
    generator.keep(std::span(record.prompt_ids).first(offered.stable_tokens));
    offered.first_token_seconds = generated.first_token_seconds;
    events.emit(shown(plan.step, plan.prompt, generated, record.prompt_ids));
    for (std::size_t i = 0; i < record.candidates.size(); ++i)
        events.emit(
            CandidateWritten{plan.step, record.candidates[i], generated.candidates[i].usage});
    story.offers.push_back(std::move(record));
    return offered;
}

Result<Offered> offer(AtWork work, const OfferOptions& options, Events& events,
                      const std::stop_token& stop) {
    const auto plan = plan_offer(work.story, work.story.head(), work.generator, options);
    if (!plan) return plan.error();
    events.emit(step_began(*plan));
    const auto generated = draw(
        *plan, work.generator,
        [&](std::size_t index, std::string_view fresh) {
            events.emit(TextDrawn{plan->step, index, std::string(fresh)});
        },
        stop);
    if (!generated) return generated.error();
    return keep(work, *plan, *generated, {options.clock(), {}}, events);
}

Result<model::Generated> draw_again(const store::OfferRecord& offer, const CandidatePlans& plans,
                                    model::Generator& generator, const model::OnText& on_text,
                                    const std::stop_token& stop) {
    model::Prompt prompt;
    prompt.ids = offer.prompt_ids;
    return generator.generate(prompt, plans.requests, on_text, stop);
}

Result<store::CandidateRecord> keep_again(AtWork work, store::OfferId offer,
                                          const CandidatePlans& plans,
                                          const model::Generated& generated,
                                          const Keeping& keeping) {
    auto* found = find_offer(work.story, offer);
    if (found == nullptr) return no_such_offer();
    const auto text = work.story.tree.read(found->parent);
    if (!text) return text.error();
    const auto& candidate = generated.candidates.front();
    auto record = record_of(0, candidate, plans, scores_of(*text, generated.candidates)[0]);
    record.index = next_index(*found);
    record.created = keeping.created;
    const auto kept = work.store.add_candidates(offer, std::span(&record, 1), keeping.claim);
    if (!kept) return kept.error();
    found->candidates.push_back(record);
    return record;
}

Result<store::CandidateRecord> redraw(AtWork work, store::OfferId offer,
                                      const OfferOptions& options, Events& events,
                                      const std::stop_token& stop) {
    const auto* found = find_offer(work.story, offer);
    if (found == nullptr) return no_such_offer();
    const std::size_t step = work.story.tree.step(found->parent) + 1;
    const std::size_t index = next_index(*found);
    const auto plans = plan_candidate(work.story, *found, index, options);
    const auto generated = draw_again(
        *found, plans, work.generator,
        [&](std::size_t, std::string_view fresh) {
            events.emit(TextDrawn{step, index, std::string(fresh)});
        },
        stop);
    if (!generated) return generated.error();
    auto record = keep_again(work, offer, plans, *generated, {options.clock(), {}});
    if (record) events.emit(CandidateWritten{step, *record});
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
