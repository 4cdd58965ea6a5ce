// SPDX-License-Identifier: 0BSD
#include "engine/prompt.h"

#include "model/candidate_text.h"
#include "story/prompt.h"

#include <optional>

namespace fabula::engine {
namespace {

constexpr std::size_t frame_tokens = 96;  // room for a chat template's own words and BOS

// The candidate that a passage was, or null for a passage that a person wrote.
const store::CandidateRecord* candidate_of(const store::Story& story, story::PassageId id) {
    const auto& passage = story.passages[static_cast<std::size_t>(id)];
    if (!passage.offer || !passage.index) return nullptr;
    for (const auto& offer : story.offers) {
        if (offer.id != *passage.offer) continue;
        for (const auto& candidate : offer.candidates) {
            if (candidate.index == *passage.index) return &candidate;
        }
    }
    return nullptr;
}

// Offers made with another vocabulary have ids that mean nothing to this model.
bool same_model(const store::Story& story, story::PassageId id, const model::ModelInfo& info) {
    const auto& passage = story.passages[static_cast<std::size_t>(id)];
    for (const auto& offer : story.offers) {
        if (passage.offer && offer.id == *passage.offer) return offer.model_hash == info.hash;
    }
    return false;
}

void append_blocks(const store::Story& story, const story::PromptPiece& piece,
                   const model::ModelInfo& info, std::vector<model::Block>& blocks) {
    const std::string& text = story.tree.at(piece.passage).text;
    const auto* candidate = candidate_of(story, piece.passage);
    const bool is_whole = piece.begin == 0 && piece.end == text.size();
    if (!is_whole || candidate == nullptr || candidate->tokens.empty() || candidate->text != text ||
        !same_model(story, piece.passage, info)) {
        blocks.push_back({text.substr(piece.begin, piece.end - piece.begin), {}});
        return;
    }
    model::Block drawn{text.substr(0, candidate->ids_bytes), {}};
    for (const auto& token : candidate->tokens)
        drawn.ids.push_back(token.id);
    blocks.push_back(std::move(drawn));
    if (candidate->ids_bytes < text.size())
        blocks.push_back({text.substr(candidate->ids_bytes), {}});
}

Result<std::size_t> budget(int max_new_tokens, const model::ModelInfo& info) {
    const auto answer = static_cast<std::size_t>(model::most_tokens(max_new_tokens)) + 2;
    if (answer + 8 > info.window_tokens)
        return Error{ErrorCode::invalid_input, "max_new_tokens " + std::to_string(max_new_tokens) +
                                                   " (up to " + std::to_string(answer) +
                                                   " with the end of the sentence) leaves no room "
                                                   "for the story: the window of model '" +
                                                   info.name + "' has " +
                                                   std::to_string(info.window_tokens) + " tokens"};
    return info.window_tokens - answer;
}

}  // namespace

Result<StoryPrompt> make_prompt(const store::Story& story, story::PassageId end, int max_new_tokens,
                                Chat chat, const model::Generator& generator) {
    auto room = budget(max_new_tokens, generator.info());
    if (!room) return room.error();
    StoryPrompt made;
    made.prompt.chat = chat == Chat::on;
    if (made.prompt.chat) {
        made.prompt.system = story.record.system;
        made.prompt.instruction = story.record.instruction;
        const auto words = generator.measure({story.record.system + story.record.instruction, {}});
        if (!words) return words.error();
        const std::size_t frame = *words + frame_tokens;
        *room = *room > frame ? *room - frame : 0;
    }
    std::optional<Error> failure;
    const auto measure = [&](const story::PromptPiece& piece) {
        std::vector<model::Block> blocks;
        append_blocks(story, piece, generator.info(), blocks);
        std::size_t tokens = 0;
        for (const auto& block : blocks) {
            const auto measured = generator.measure(block);
            if (!measured)
                failure = measured.error();
            else
                tokens += *measured;
        }
        return tokens;
    };
    const auto plan = story::plan_prompt(story.tree, end, *room, measure);
    if (failure) return *failure;
    if (!plan) return plan.error();
    for (const auto& piece : plan->pieces)
        append_blocks(story, piece, generator.info(), made.prompt.blocks);
    made.tokens = plan->tokens;
    made.omitted_bytes = plan->omitted_bytes;
    return made;
}

Result<Unit> check_opening(std::string_view opening, int max_new_tokens,
                           const model::Generator& generator) {
    const auto room = budget(max_new_tokens, generator.info());
    if (!room) return room.error();
    const auto tokens = generator.measure({std::string(opening), {}});
    if (!tokens) return tokens.error();
    if (*tokens <= *room) return Unit{};
    return Error{ErrorCode::invalid_input,
                 "the prompt takes " + std::to_string(*tokens) + " tokens; the window of model '" +
                     generator.info().name + "' has room for " + std::to_string(*room) +
                     " beside an answer of " + std::to_string(max_new_tokens) +
                     ": shorten it or use a model with a longer window"};
}

}  // namespace fabula::engine
