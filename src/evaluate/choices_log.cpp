// SPDX-License-Identifier: 0BSD
#include "evaluate/choices_log.h"

#include "preference/features.h"
#include "preference/score.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

namespace fabula::evaluate {
namespace {

constexpr const char* person = "person";

using Choices = std::map<store::OfferId, std::vector<const store::ChoiceRecord*>>;

LoggedCandidate logged(const store::CandidateRecord& candidate, const std::string& text,
                       const preference::StorySoFar& story) {
    std::vector<float> logprobs;
    logprobs.reserve(candidate.tokens.size());
    for (const auto& token : candidate.tokens)
        logprobs.push_back(token.logprob_model);
    const auto values = preference::feature_values(
        story, {candidate.text, logprobs, preference::copied_share(text, candidate.text)});
    LoggedCandidate out{preference::seen(candidate.settings, candidate.propensity),
                        candidate.policy,
                        preference::first_word(candidate.text),
                        {}};
    out.features.reserve(values.size());
    for (const auto& value : values)
        out.features.push_back(value ? static_cast<float>(*value)
                                     : std::numeric_limits<float>::quiet_NaN());
    return out;
}

// The place of the candidate `index` of `offer`, or nothing.
std::optional<std::size_t> place_of(const store::OfferRecord& offer, std::size_t index) {
    const auto found = std::find_if(
        offer.candidates.begin(), offer.candidates.end(),
        [&](const store::CandidateRecord& candidate) { return candidate.index == index; });
    if (found == offer.candidates.end()) return {};
    return static_cast<std::size_t>(found - offer.candidates.begin());
}

Decision decided(const store::Story& story, const store::OfferRecord& offer,
                 const store::ChoiceRecord& choice) {
    Decision decision;
    decision.is_person = choice.chooser == person;
    decision.is_order_kept = !choice.shown.empty();
    for (const std::size_t index : choice.shown) {
        if (const auto place = place_of(offer, index)) decision.shown.push_back(*place);
    }
    if (choice.shown.empty()) {
        decision.shown.resize(offer.candidates.size());
        std::iota(decision.shown.begin(), decision.shown.end(), 0);
    }
    const auto taken = choice.index ? place_of(offer, *choice.index) : std::nullopt;
    const auto at = std::find(decision.shown.begin(), decision.shown.end(), taken);
    if (at != decision.shown.end())
        decision.picked = static_cast<std::size_t>(at - decision.shown.begin());
    const auto passage = static_cast<std::size_t>(choice.passage);
    if (passage < story.passages.size()) {
        const auto& made = story.passages[passage];
        decision.is_edited = choice.index && made.passage.origin == story::Origin::edited;
        // A refusal names the passage that it was made at, which may be a written one.
        decision.is_written = !choice.index && made.passage.origin == story::Origin::written &&
                              made.offer == choice.offer;
    }
    decision.reason = choice.reason;
    decision.user = choice.user;
    decision.seconds = choice.seconds;
    decision.created = choice.created;
    return decision;
}

void add_offer(ChoicesLog& log, const store::Story& story, const store::OfferRecord& offer,
               const std::vector<const store::ChoiceRecord*>& choices) {
    const auto text = story.tree.read(offer.parent);
    if (!text) return;  // the store refuses such a story
    const preference::StorySoFar so_far(*text);
    LoggedOffer kept;
    kept.story = static_cast<std::int64_t>(story.record.id);
    kept.step = story.tree.step(offer.parent) + 1;
    kept.model = offer.model;
    for (const auto& candidate : offer.candidates)
        kept.candidates.push_back(logged(candidate, *text, so_far));
    for (const auto* choice : choices) {
        auto decision = decided(story, offer, *choice);
        (decision.is_person ? kept.person : kept.score) = decision;
        kept.last = std::move(decision);
    }
    log.offers.push_back(std::move(kept));
}

void add_ratings(ChoicesLog& log, const store::Story& story, const Choices& choices) {
    std::map<std::pair<std::string, std::pair<store::OfferId, std::size_t>>,
             const store::RatingRecord*>
        last;
    for (const auto& rating : story.ratings)
        last[{rating.user, {rating.offer, rating.index}}] = &rating;
    for (const auto& [key, rating] : last) {
        if (rating->rating == 0) continue;
        const auto found = choices.find(rating->offer);
        const bool is_picked =
            found != choices.end() && found->second.back()->index == rating->index;
        log.ratings.push_back({rating->rating, rating->reason, is_picked});
    }
}

}  // namespace

void add_story(ChoicesLog& log, const store::Story& story) {
    ++log.n_stories;
    Choices choices;
    for (const auto& choice : story.choices)
        choices[choice.offer].push_back(&choice);
    for (const auto& offer : story.offers) {
        const auto found = choices.find(offer.id);
        if (found != choices.end()) add_offer(log, story, offer, found->second);
    }
    add_ratings(log, story, choices);
}

}  // namespace fabula::evaluate
