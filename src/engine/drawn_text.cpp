// SPDX-License-Identifier: 0BSD
#include "engine/drawn_text.h"

#include <algorithm>

namespace fabula::engine {

const store::OfferRecord* offer_of(const store::Story& story, story::PassageId id) {
    const auto& passage = story.passages[static_cast<std::size_t>(id)];
    if (!passage.offer || !passage.index) return nullptr;
    const auto found = std::lower_bound(
        story.offers.begin(), story.offers.end(), *passage.offer,
        [](const store::OfferRecord& offer, store::OfferId wanted) { return offer.id < wanted; });
    return found != story.offers.end() && found->id == *passage.offer ? &*found : nullptr;
}

// Offers made with another vocabulary have ids that mean nothing to this model.
std::optional<DrawnText::Drawn> DrawnText::found(story::PassageId id) const {
    const auto* const offer = offer_of(story_, id);
    if (offer == nullptr || offer->model_hash != generator_.info().hash) return {};
    const std::size_t index = *story_.passages[static_cast<std::size_t>(id)].index;
    for (const auto& candidate : offer->candidates) {
        if (candidate.index != index) continue;
        if (candidate.tokens.empty() || candidate.text != story_.tree.at(id).text) return {};
        Drawn drawn;
        for (const auto& token : candidate.tokens)
            drawn.ids.push_back(token.id);
        const auto pieces = generator_.spell(drawn.ids);
        if (!pieces) return {};
        std::size_t end = 0;
        for (const auto& piece : *pieces)
            drawn.ends.push_back(end += piece.size());
        // A text may be shorter than its tokens: what a stop string left out belongs to none.
        const bool is_spelled = end == candidate.ids_bytes && end <= candidate.text.size();
        if (!is_spelled) return {};
        return drawn;
    }
    return {};
}

const DrawnText::Drawn* DrawnText::drawn(story::PassageId id) {
    auto at = known_.find(id);
    if (at == known_.end()) at = known_.emplace(id, found(id)).first;
    return at->second ? &*at->second : nullptr;
}

std::size_t DrawnText::seam(const story::StoryPlace& place) {
    const std::size_t size = story_.tree.at(place.passage).text.size();
    const auto* const tokens = drawn(place.passage);
    if (tokens == nullptr || place.byte == 0 || place.byte >= tokens->ends.back())
        return std::min(place.byte, size);
    // A token may end in the middle of a character.
    const std::string& text = story_.tree.at(place.passage).text;
    auto end = std::lower_bound(tokens->ends.begin(), tokens->ends.end(), place.byte);
    while (*end < size && (static_cast<unsigned char>(text[*end]) & 0xC0U) == 0x80U)
        ++end;
    return *end;
}

std::vector<store::PromptBlock> DrawnText::blocks(const story::StoryPlace& begin, std::size_t end) {
    const std::string& text = story_.tree.at(begin.passage).text;
    const std::string kind =
        story::name_of(begin.passage == story::PassageId::root ? story::PartKind::opening
                                                               : story::PartKind::story);
    const auto piece = [&](std::size_t from, std::size_t to, std::vector<TokenId> ids) {
        return store::PromptBlock{text.substr(from, to - from), std::move(ids), kind, begin.passage,
                                  from};
    };
    const auto* const tokens = drawn(begin.passage);
    if (tokens == nullptr) return {piece(begin.byte, end, {})};
    const auto first = begin.byte == 0
                           ? tokens->ends.begin()
                           : std::upper_bound(tokens->ends.begin(), tokens->ends.end(), begin.byte);
    const auto last = std::upper_bound(tokens->ends.begin(), tokens->ends.end(), end);
    const bool begins_at_seam =
        begin.byte == 0 || (first != tokens->ends.begin() && *(first - 1) == begin.byte);
    if (!begins_at_seam || last <= first) return {piece(begin.byte, end, {})};
    const std::size_t spelled = *(last - 1);
    const bool is_rest_a_remainder = spelled == tokens->ends.back();
    if (spelled < end && !is_rest_a_remainder) return {piece(begin.byte, end, {})};
    std::vector<store::PromptBlock> blocks{
        piece(begin.byte, spelled,
              {tokens->ids.begin() + (first - tokens->ends.begin()),
               tokens->ids.begin() + (last - tokens->ends.begin())})};
    if (spelled < end) blocks.push_back(piece(spelled, end, {}));
    return blocks;
}

}  // namespace fabula::engine
