// SPDX-License-Identifier: 0BSD
#include "engine/offer.h"

#include "engine/write.h"

#include <algorithm>
#include <cmath>

namespace fabula::engine {
namespace {

struct Plan {
    std::vector<preference::Proposal> proposals;
    std::vector<model::CandidateRequest> requests;
    std::vector<std::uint64_t> streams;
};

Plan plan_candidates(const store::Story& story, std::size_t number, const OfferOptions& options) {
    Plan plan;
    for (std::size_t index = 0; index < options.candidates; ++index) {
        const Rng stream = candidate_stream(story, story.head(), number, index);
        plan.proposals.push_back(
            preference::propose(options.policy, options.settings, options.ranges, stream.child(1)));
        const Rng words = stream.child(0);
        plan.requests.push_back({plan.proposals.back().settings, words});
        plan.streams.push_back(words.name());
    }
    return plan;
}

store::CandidateRecord record_of(std::size_t index, const model::Candidate& candidate,
                                 const Plan& plan, const preference::Score& score) {
    store::CandidateRecord record;
    record.index = index;
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
    record.settings = plan.proposals[index].settings;
    record.propensity = plan.proposals[index].propensity;
    record.stream = plan.streams[index];
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
    Rng rng(story.record.seed);
    const auto path = story.tree.path(passage);
    if (path) {
        for (const auto id : *path)
            rng = rng.child(story.tree.sibling_index(id));
    }
    return rng.child(number).child(index);
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
        record.candidates.back().policy = preference::name_of(options.policy);
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

}  // namespace fabula::engine
