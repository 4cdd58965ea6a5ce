// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_line.h"

#include <algorithm>

namespace fabula::exchange {

const char* name_of(DecisionKind kind) {
    switch (kind) {
        case DecisionKind::picked:
            return "picked";
        case DecisionKind::edited:
            return "edited";
        case DecisionKind::written:
            return "written";
        case DecisionKind::refused:
            return "refused";
    }
    return "unknown";
}

const char* name_of(Chooser chooser) {
    switch (chooser) {
        case Chooser::person:
            return "person";
        case Chooser::score:
            return "score";
        case Chooser::any:
            return "any";
    }
    return "unknown";
}

Result<Chooser> chooser_named(const std::string& name) {
    for (const Chooser chooser : {Chooser::person, Chooser::score, Chooser::any}) {
        if (name == name_of(chooser)) return chooser;
    }
    return Error{ErrorCode::invalid_input, "chooser '" + name + "' is none of person, score, any"};
}

bool counts(Chooser whose, const std::string& chooser) {
    return whose == Chooser::any || chooser == name_of(whose);
}

std::vector<std::size_t> order_shown(const OfferLine& offer) {
    if (!offer.shown.empty()) return offer.shown;
    std::vector<std::size_t> order;
    for (const auto& candidate : offer.candidates)
        order.push_back(candidate.index);
    return order;
}

std::vector<PairLine> pairs_of(const OfferLine& offer, Chooser whose) {
    std::vector<PairLine> pairs;
    if (!offer.decision || !counts(whose, offer.decision->chooser)) return pairs;
    const DecisionLine& decision = *offer.decision;
    if (!decision.index) return pairs;
    const auto find = [&](std::size_t index) {
        return std::find_if(offer.candidates.begin(), offer.candidates.end(),
                            [&](const auto& each) { return each.index == index; });
    };
    const auto picked = find(*decision.index);
    if (picked == offer.candidates.end()) return pairs;
    for (const std::size_t index : order_shown(offer)) {
        const auto beside = find(index);
        if (index == *decision.index || beside == offer.candidates.end()) continue;
        PairLine pair;
        pair.id = offer.id + "/" + std::to_string(*decision.index) + "-" + std::to_string(index);
        pair.offer = offer.id;
        pair.story = offer.story;
        pair.step = offer.step;
        pair.prompt = offer.prompt;
        pair.chosen = decision.words.value_or(picked->text);
        pair.rejected = beside->text;
        pair.chosen_index = *decision.index;
        pair.rejected_index = index;
        pair.is_edited = decision.kind == DecisionKind::edited;
        pair.chooser = decision.chooser;
        pair.user = decision.user;
        pair.model = offer.model;
        pairs.push_back(std::move(pair));
    }
    return pairs;
}

}  // namespace fabula::exchange
