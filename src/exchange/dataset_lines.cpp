// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_lines.h"

#include "exchange/dataset_split.h"
#include "story/tree.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fabula::exchange {
namespace {

std::optional<double> finite(double number) {
    if (!std::isfinite(number)) return {};
    return number;
}

/// What the model saw; for an offer that kept no prompt, the story so far.
std::string prompt_of(const store::Story& story, const store::OfferRecord& offer) {
    std::string prompt;
    for (const auto& block : offer.prompt)
        prompt += block.text;
    if (!offer.prompt.empty()) return prompt;
    auto text = story.tree.read(offer.parent);
    return text ? *std::move(text) : std::string();
}

template <typename Number>
std::optional<double> mean(const std::vector<store::TokenRecord>& tokens,
                           Number store::TokenRecord::*field) {
    if (tokens.empty()) return {};
    double sum = 0;
    for (const auto& token : tokens)
        sum += static_cast<double>(token.*field);
    return finite(sum / static_cast<double>(tokens.size()));
}

TokenLists lists_of(const std::vector<store::TokenRecord>& tokens) {
    TokenLists lists;
    for (const auto& token : tokens) {
        lists.ids.push_back(token.id);
        lists.logprobs_model.push_back(token.logprob_model);
        lists.logprobs.push_back(token.logprob);
    }
    return lists;
}

/// The settings without the names; token ids of biases would tell words.
sample::Settings redacted(sample::Settings settings, const Redaction& redaction) {
    if (redaction.size() == 0) return settings;
    for (auto* texts :
         {&settings.dry_breakers, &settings.bad_words, &settings.bad_patterns, &settings.stop}) {
        for (auto& text : *texts)
            text = redaction.redacted_whole(text);
    }
    settings.logit_bias.clear();
    return settings;
}

}  // namespace

const store::ChoiceRecord* counted_choice(const store::Story& story, store::OfferId offer,
                                          Chooser whose) {
    const store::ChoiceRecord* last = nullptr;
    const store::ChoiceRecord* counted = nullptr;
    for (const auto& choice : story.choices) {
        if (choice.offer != offer) continue;
        last = &choice;
        if (counts(whose, choice.chooser)) counted = &choice;
    }
    return counted != nullptr ? counted : last;
}

std::string without_folder(std::string_view model) {
    const auto slash = model.find_last_of("/\\");
    return std::string(slash == std::string_view::npos ? model : model.substr(slash + 1));
}

std::string without_place(std::string_view policy) {
    const auto slash = policy.find_first_of("/\\");
    if (slash == std::string_view::npos) return std::string(policy);
    const auto place = policy.substr(0, slash).find_first_of(" :=(");
    return std::string(policy.substr(0, std::min(place, slash)));
}

std::string LineMaker::story_name(const store::StoryRecord& record) {
    const std::string identity = identity_of(record);
    const std::size_t copies = ++stories_[identity];
    return "story-" + identity + (copies > 1 ? "-" + std::to_string(copies) : "");
}

std::optional<std::string> LineMaker::pseudonym(const std::string& user) {
    if (user.empty()) return {};
    return users_.try_emplace(user, "user-" + std::to_string(users_.size() + 1)).first->second;
}

CandidateLine LineMaker::candidate_line(const store::CandidateRecord& candidate,
                                        const std::string& prompt) const {
    CandidateLine line;
    line.index = candidate.index;
    line.text = rules_.redaction.redacted(candidate.text, prompt);
    line.settings = redacted(candidate.settings, rules_.redaction);
    line.policy = without_place(candidate.policy);
    if (candidate.propensity) line.propensity = finite(*candidate.propensity);
    line.n_tokens = candidate.tokens.size();
    line.mean_logprob_model = mean(candidate.tokens, &store::TokenRecord::logprob_model);
    line.mean_logprob = mean(candidate.tokens, &store::TokenRecord::logprob);
    const bool tells_no_name = line.text == candidate.text;
    if (tells_no_name) line.tokens = lists_of(candidate.tokens);
    line.is_redacted = !tells_no_name || line.settings != candidate.settings;
    line.score = finite(candidate.score);
    line.copied_share = finite(candidate.copied_share);
    line.ending = candidate.ending;
    line.seconds = finite(candidate.seconds);
    line.stream = candidate.stream;
    line.created = to_iso8601(candidate.created);
    return line;
}

DecisionLine LineMaker::decision_line(const store::Story& story, const store::OfferRecord& offer,
                                      const store::ChoiceRecord& choice,
                                      const std::string& prompt) {
    DecisionLine line;
    line.index = choice.index;
    const bool is_known = story.tree.has(choice.passage);
    const auto origin = is_known ? story.tree.at(choice.passage).origin : story::Origin::generated;
    if (choice.index)
        line.kind = origin == story::Origin::edited ? DecisionKind::edited : DecisionKind::picked;
    else if (is_known && choice.passage != offer.parent)
        line.kind = DecisionKind::written;
    if (line.kind == DecisionKind::edited || line.kind == DecisionKind::written)
        line.words = rules_.redaction.redacted(story.tree.at(choice.passage).text, prompt);
    line.chooser = choice.chooser;
    line.reason = rules_.redaction.redacted(choice.reason);
    line.user = pseudonym(choice.user);
    if (choice.seconds) line.seconds = finite(*choice.seconds);
    line.created = to_iso8601(choice.created);
    return line;
}

std::vector<RatingLine> LineMaker::ratings_of(const store::Story& story, store::OfferId offer) {
    std::map<std::pair<std::size_t, std::string>, const store::RatingRecord*> last;
    for (const auto& rating : story.ratings) {
        if (rating.offer == offer) last[{rating.index, rating.user}] = &rating;
    }
    std::vector<RatingLine> lines;
    for (const auto& [key, rating] : last) {
        if (rating->rating == 0) continue;  // taken back
        lines.push_back({rating->index, rating->rating, rules_.redaction.redacted(rating->reason),
                         pseudonym(rating->user), to_iso8601(rating->created)});
    }
    return lines;
}

OfferLine LineMaker::line_of(const store::Story& story, const store::OfferRecord& offer,
                             const std::string& name) {
    const std::string prompt = prompt_of(story, offer);
    OfferLine line;
    line.story = name;
    line.passage = static_cast<std::size_t>(offer.parent);
    line.number = offer.number;
    line.id = name + "/" + std::to_string(line.passage) + "." + std::to_string(line.number);
    line.step = story.tree.step(offer.parent) + 1;
    if (rules_.prompts == Prompts::kept) {
        line.prompt = rules_.redaction.redacted(prompt);
        line.system = rules_.redaction.redacted(story.record.system);
        line.instruction = rules_.redaction.redacted(story.record.instruction);
    }
    for (const auto& candidate : offer.candidates)
        line.candidates.push_back(candidate_line(candidate, prompt));
    for (const auto& choice : story.choices)
        line.n_choices += choice.offer == offer.id ? 1U : 0U;
    if (const auto* choice = counted_choice(story, offer.id, rules_.chooser)) {
        line.shown = choice->shown;
        line.decision = decision_line(story, offer, *choice, prompt);
    }
    line.ratings = ratings_of(story, offer.id);
    line.seed = story.record.seed;
    line.model = without_folder(offer.model);
    line.model_hash = offer.model_hash;
    line.adapter_hash = offer.adapter_hash;
    line.backend = offer.backend;
    line.arithmetic = offer.arithmetic;
    line.created = to_iso8601(offer.created);
    return line;
}

std::vector<OfferLine> LineMaker::lines_of(const store::Story& story) {
    std::vector<const store::OfferRecord*> taken;
    for (const auto& offer : story.offers) {
        if (rules_.only.takes_offer(offer, counted_choice(story, offer.id, rules_.chooser)))
            taken.push_back(&offer);
    }
    std::vector<OfferLine> lines;
    const std::string name = story_name(story.record);  // also where none is taken: copies count
    for (const auto* offer : taken)
        lines.push_back(line_of(story, *offer, name));
    return lines;
}

}  // namespace fabula::exchange
