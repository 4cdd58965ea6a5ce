// SPDX-License-Identifier: 0BSD
#include "engine/choose.h"

#include "engine/write.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace fabula::engine {

std::optional<std::size_t> best(const Offered& offered) {
    // What broke off is taken only where there is nothing else.
    const auto is_whole = [&](std::size_t i) {
        return offered.endings[i] != model::Ending::connection_lost;
    };
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < offered.scores.size(); ++i) {
        if (std::isinf(offered.scores[i].value)) continue;
        const bool is_better =
            !found || (is_whole(i) == is_whole(*found)
                           ? offered.scores[i].value > offered.scores[*found].value
                           : is_whole(i));
        if (is_better) found = i;
    }
    return found;
}

std::string reason_for(const Offered& offered, std::size_t index) {
    const auto& score = offered.scores[index];
    char text[160];
    if (std::isnan(score.mean_logprob)) {
        std::snprintf(text, sizeof text,
                      "best score of %zu: %.2f (%.0f %% copied; the model tells no "
                      "log-probabilities)",
                      offered.scores.size(), score.value, 100 * score.copied_share);
        return text;
    }
    std::snprintf(text, sizeof text,
                  "best score of %zu: %.2f (log-probability %.2f a token, %.0f %% copied)",
                  offered.scores.size(), score.value, score.mean_logprob, 100 * score.copied_share);
    return text;
}

namespace {

// What becomes of the story: nothing where all were refused and nothing was written.
Result<std::optional<story::Passage>> passage_of(const store::OfferRecord& offer,
                                                 const Pick& pick) {
    if (pick.words) {
        if (const auto sound = check_text("the passage", *pick.words); !sound) return sound.error();
    }
    if (!pick.index && !pick.words) return std::optional<story::Passage>();
    if (!pick.index)
        return std::optional(story::Passage{offer.parent, story::Origin::written, *pick.words});
    const auto candidate =
        std::find_if(offer.candidates.begin(), offer.candidates.end(),
                     [&](const auto& record) { return record.index == *pick.index; });
    if (candidate == offer.candidates.end())
        return Error{ErrorCode::not_found, "the offer has no candidate " +
                                               std::to_string(*pick.index + 1) + ", only " +
                                               std::to_string(offer.candidates.size())};
    const bool is_edited = pick.words && *pick.words != candidate->text;
    return std::optional(
        story::Passage{offer.parent, is_edited ? story::Origin::edited : story::Origin::generated,
                       is_edited ? *pick.words : candidate->text});
}

}  // namespace

Result<story::PassageId> choose(store::Store& store, store::Story& story, const Pick& pick,
                                Timestamp time, Events& events) {
    const auto offer = std::find_if(story.offers.begin(), story.offers.end(),
                                    [&](const auto& record) { return record.id == pick.offer; });
    if (offer == story.offers.end())
        return Error{ErrorCode::not_found, "this story has no such offer"};
    const auto becomes = passage_of(*offer, pick);
    if (!becomes) return becomes.error();
    store::ChoiceRecord choice{pick.offer, pick.index, {},         pick.chooser, pick.reason,
                               time,       pick.user,  pick.shown, pick.seconds};
    const auto passage = store.choose({choice, time, pick.head, pick.words});
    if (!passage) return passage.error();
    choice.passage = *passage;
    if (!*becomes) {
        story.choices.push_back(choice);
        return *passage;
    }
    const auto added = story.tree.add((*becomes)->parent, (*becomes)->origin, (*becomes)->text);
    if (!added) return added.error();
    if (*added != *passage)
        return Error{ErrorCode::conflict,
                     "another program changed this story: load it again and go on"};
    story.choices.push_back(choice);
    story.passages.push_back({*passage, story.tree.at(*passage), pick.offer, pick.index, time});
    story.moves.push_back({store::MoveKind::choice, *passage, time});
    events.emit(ChoiceMade{story.tree.step(*passage), pick.index, pick.reason, *passage,
                           story.tree.at(*passage).text});
    return *passage;
}

Result<Unit> rate(store::Store& store, store::Story& story, const store::RatingRecord& rating) {
    const auto kept = store.rate(rating);
    if (kept) story.ratings.push_back(rating);
    return kept;
}

}  // namespace fabula::engine
