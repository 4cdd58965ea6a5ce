// SPDX-License-Identifier: 0BSD
#include "app/story_text.h"
#include "sample/settings_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace fabula::app {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json, int indent = -1) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

const store::ChoiceRecord* last_choice(const store::Story& story, store::OfferId offer) {
    const store::ChoiceRecord* found = nullptr;
    for (const auto& choice : story.choices) {
        if (choice.offer == offer) found = &choice;
    }
    return found;
}

Json tokens_of(const store::CandidateRecord& candidate) {
    Json ids = Json::array();
    Json model = Json::array();
    Json settings = Json::array();
    Json entropy = Json::array();
    Json rank = Json::array();
    for (const auto& token : candidate.tokens) {
        ids.push_back(token.id);
        model.push_back(token.logprob_model);
        settings.push_back(token.logprob);
        entropy.push_back(token.entropy);
        rank.push_back(token.rank);
    }
    return {{"token_ids", std::move(ids)},
            {"logprobs_model", std::move(model)},
            {"logprobs", std::move(settings)},
            {"entropies", std::move(entropy)},
            {"ranks", std::move(rank)}};
}

Json bans_of(const store::CandidateRecord& candidate) {
    Json bans = Json::array();
    for (const auto& ban : candidate.bans)
        bans.push_back(Json{{"position", ban.position}, {"token_id", ban.id}});
    return bans;
}

Json line_of(const store::Story& story, const store::OfferRecord& offer,
             const store::CandidateRecord& candidate) {
    std::string prompt;
    for (const auto& block : offer.prompt)
        prompt += block.text;
    const auto* choice = last_choice(story, offer.id);
    Json line{{"story", static_cast<std::int64_t>(story.record.id)},
              {"step", story.tree.step(offer.parent) + 1},
              {"parent", static_cast<std::uint32_t>(offer.parent)},
              {"offer", offer.number},
              {"index", candidate.index},
              {"prompt", prompt},
              {"prompt_token_ids", offer.prompt_ids},
              {"text", candidate.text},
              {"bans", bans_of(candidate)},
              {"draws", nullptr},
              {"settings", Json::parse(sample::to_json(candidate.settings))},
              {"policy", candidate.policy},
              {"propensity", nullptr},
              {"stream", std::to_string(candidate.stream)},
              {"seed", std::to_string(story.record.seed)},
              {"ending", candidate.ending},
              {"picked", choice != nullptr && choice->index == candidate.index},
              {"chooser", nullptr},
              {"reason", nullptr},
              {"score", nullptr},
              {"copied_share", candidate.copied_share},
              {"model", offer.model},
              {"model_hash", offer.model_hash},
              {"adapter_hash", offer.adapter_hash},
              {"backend", offer.backend},
              {"arithmetic", offer.arithmetic},
              {"seconds", candidate.seconds},
              {"created", to_iso8601(candidate.created)}};
    if (candidate.draws > 0) line["draws"] = candidate.draws;
    if (candidate.propensity) line["propensity"] = *candidate.propensity;
    if (!candidate.tokens.empty()) line["score"] = candidate.score;
    if (choice != nullptr && choice->index == candidate.index) {
        line["chooser"] = choice->chooser;
        line["reason"] = choice->reason;
    }
    line.update(tokens_of(candidate));
    return line;
}

}  // namespace

std::string story_as_jsonl(const store::Story& story) {
    std::string out;
    for (const auto& offer : story.offers) {
        for (const auto& candidate : offer.candidates)
            out += dumped(line_of(story, offer, candidate));
    }
    return out;
}

std::string summaries_as_json(const std::vector<store::StorySummary>& stories) {
    Json list = Json::array();
    for (const auto& story : stories) {
        list.push_back({{"story", static_cast<std::int64_t>(story.record.id)},
                        {"title", story.record.title},
                        {"model", story.record.model},
                        {"seed", std::to_string(story.record.seed)},
                        {"passages", story.n_passages},
                        {"candidates", story.n_candidates},
                        {"words", story.words},
                        {"created", to_iso8601(story.record.created)},
                        {"changed", to_iso8601(story.changed)}});
    }
    return dumped(list, 2);
}

}  // namespace fabula::app
