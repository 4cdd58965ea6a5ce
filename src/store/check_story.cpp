// SPDX-License-Identifier: 0BSD
#include "store/check.h"

#include <map>
#include <utility>

namespace fabula::store {
namespace {

std::string at(const char* list, std::size_t i) {
    return std::string(list) + "[" + std::to_string(i) + "]";
}

std::string in_words(story::PassageId id) {
    return std::to_string(static_cast<std::uint32_t>(id));
}

std::string in_words(OfferId id) {
    return std::to_string(static_cast<std::int64_t>(id));
}

/// Holds what the parts of a story say of each other against each other.
class References {
public:
    explicit References(const Story& story) : story_(story) {}

    Result<Unit> check() {
        if (auto good = check_passages(); !good) return good;
        if (auto good = check_offers(); !good) return good;
        if (auto good = check_taken(); !good) return good;
        if (auto good = check_choices(); !good) return good;
        if (auto good = check_ratings(); !good) return good;
        if (auto good = check_notes(story_.notes, "notes"); !good) return good;
        return check_moves();
    }

private:
    static Error fault(const std::string& place, const std::string& what) {
        return {ErrorCode::invalid_input, place + ": " + what};
    }

    Result<Unit> check_passages() const {
        if (story_.passages.size() > max_passages) return fault("passages", "more than 1000000");
        if (story_.passages.size() != story_.tree.size()) {
            return fault("passages", "not those of the tree");
        }
        for (std::size_t i = 0; i < story_.passages.size(); ++i) {
            const PassageRecord& record = story_.passages[i];
            const story::Passage& passage = record.passage;
            const std::string place = at("passages", i);
            if (record.id != static_cast<story::PassageId>(i)) {
                return fault(place + ".id",
                             in_words(record.id) + " where " + std::to_string(i) + " is expected");
            }
            if (passage != story_.tree.at(record.id)) return fault(place, "not as in the tree");
            if (static_cast<std::size_t>(passage.parent) >= std::max<std::size_t>(i, 1)) {
                return fault(place + ".parent",
                             in_words(passage.parent) + " is not an earlier passage");
            }
            if ((passage.origin == story::Origin::opening) != (i == 0)) {
                return fault(place + ".origin", "the first passage is the opening, and no other");
            }
            if (auto good = check_text(passage.text, place + ".text"); !good) return good;
        }
        return Unit{};
    }

    Result<Unit> check_offers() {
        std::map<story::PassageId, std::size_t> next_number;
        for (std::size_t i = 0; i < story_.offers.size(); ++i) {
            const OfferRecord& offer = story_.offers[i];
            const std::string place = at("offers", i);
            if (auto good = check_offer(offer, place); !good) return good;
            if (i > 0 && offer.id <= story_.offers[i - 1].id) {
                return fault(place + ".id", "not greater than the one before");
            }
            if (!story_.tree.has(offer.parent)) {
                return fault(place + ".parent", "there is no passage " + in_words(offer.parent));
            }
            if (auto good = check_blocks(offer, place); !good) return good;
            if (offer.number != next_number[offer.parent]++) {
                return fault(place + ".number", "not the next at its parent");
            }
            for (std::size_t k = 0; k < offer.candidates.size(); ++k) {
                const CandidateRecord& candidate = offer.candidates[k];
                if (k > 0 && candidate.index <= offer.candidates[k - 1].index) {
                    return fault(place + "." + at("candidates", k) + ".index",
                                 "not greater than the one before");
                }
                candidates_[{offer.id, candidate.index}] = &candidate;
            }
            offers_[offer.id] = &offer;
        }
        return Unit{};
    }

    Result<Unit> check_blocks(const OfferRecord& offer, const std::string& place) const {
        for (std::size_t i = 0; i < offer.prompt.size(); ++i) {
            const PromptBlock& block = offer.prompt[i];
            const std::string here = place + "." + at("prompt", i);
            if (block.passage && !story_.tree.has(*block.passage))
                return fault(here + ".passage", "there is no passage " + in_words(*block.passage));
            const std::size_t most = block.passage ? story_.tree.at(*block.passage).text.size() : 0;
            if (block.begin > most)
                return fault(here + ".begin", "at most " + std::to_string(most) + " there");
        }
        return Unit{};
    }

    /// The candidate that `offer` and `index` name, or why there is none.
    Result<const CandidateRecord*> find(OfferId offer, std::size_t index,
                                        const std::string& place) const {
        if (!offers_.contains(offer)) {
            return fault(place + ".offer", "there is no offer " + in_words(offer));
        }
        const auto found = candidates_.find({offer, index});
        if (found == candidates_.end()) {
            return fault(place + ".index",
                         "offer " + in_words(offer) + " has no candidate " + std::to_string(index));
        }
        return found->second;
    }

    /// Of what a passage may say that it was made, by its origin.
    static Result<Unit> check_made_of(const PassageRecord& record, const std::string& place) {
        const bool has_offer = record.offer.has_value();
        const bool has_index = record.index.has_value();
        switch (record.passage.origin) {
            case story::Origin::generated:
                if (has_offer && has_index) return Unit{};
                return fault(place + ".offer", "a generated passage names offer and candidate");
            case story::Origin::edited:
                if (has_offer == has_index) return Unit{};
                return fault(place + ".offer",
                             "an edited passage names offer and candidate, or neither");
            case story::Origin::written:
                if (!has_index) return Unit{};
                return fault(place + ".index", "a written passage was no candidate");
            case story::Origin::opening:
                break;
        }
        if (!has_offer && !has_index) return Unit{};
        return fault(place + ".offer", "the opening was not offered");
    }

    Result<Unit> check_taken() const {
        for (std::size_t i = 0; i < story_.passages.size(); ++i) {
            const PassageRecord& record = story_.passages[i];
            const std::string place = at("passages", i);
            if (auto good = check_made_of(record, place); !good) return good;
            if (!record.offer) continue;
            const auto offer = offers_.find(*record.offer);
            if (offer == offers_.end()) {
                return fault(place + ".offer", "there is no offer " + in_words(*record.offer));
            }
            if (offer->second->parent != record.passage.parent) {
                return fault(place + ".offer", "made at another passage than the parent");
            }
            if (!record.index) continue;
            const auto candidate = find(*record.offer, *record.index, place);
            if (!candidate) return candidate.error();
            if (record.passage.origin == story::Origin::generated &&
                (*candidate)->text != record.passage.text) {
                return fault(place + ".text", "not that of its candidate");
            }
        }
        return Unit{};
    }

    Result<Unit> check_shown(const ChoiceRecord& choice, const std::string& place) const {
        for (const std::size_t index : choice.shown) {
            const auto shown = find(choice.offer, index, place);
            if (!shown) return shown.error();
        }
        return Unit{};
    }

    Result<Unit> check_choices() const {
        std::vector<std::size_t> times_chosen(story_.passages.size(), 0);
        for (std::size_t i = 0; i < story_.choices.size(); ++i) {
            const ChoiceRecord& choice = story_.choices[i];
            const std::string place = at("choices", i);
            if (auto good = check_choice(choice, place); !good) return good;
            const auto offer = offers_.find(choice.offer);
            if (offer == offers_.end()) {
                return fault(place + ".offer", "there is no offer " + in_words(choice.offer));
            }
            if (!story_.tree.has(choice.passage)) {
                return fault(place + ".passage", "there is no passage " + in_words(choice.passage));
            }
            const PassageRecord& became = story_.passages[static_cast<std::size_t>(choice.passage)];
            const bool is_refused = !choice.index && choice.passage == offer->second->parent;
            if (!is_refused && (became.offer != choice.offer || became.index != choice.index)) {
                return fault(place + ".passage",
                             in_words(choice.passage) + " is not what became of it");
            }
            if (auto good = check_shown(choice, place); !good) return good;
            if (!is_refused) ++times_chosen[static_cast<std::size_t>(choice.passage)];
        }
        for (std::size_t i = 0; i < story_.passages.size(); ++i) {
            if (times_chosen[i] != (story_.passages[i].offer ? 1U : 0U)) {
                return fault(at("passages", i), "taken from an offer, but not by one choice");
            }
        }
        return Unit{};
    }

    Result<Unit> check_ratings() const {
        for (std::size_t i = 0; i < story_.ratings.size(); ++i) {
            const RatingRecord& rating = story_.ratings[i];
            const std::string place = at("ratings", i);
            if (auto good = check_rating(rating, place); !good) return good;
            const auto candidate = find(rating.offer, rating.index, place);
            if (!candidate) return candidate.error();
        }
        return Unit{};
    }

    Result<Unit> check_moves() const {
        if (story_.moves.empty()) return fault("moves", "there is none, not even 'start'");
        for (std::size_t i = 0; i < story_.moves.size(); ++i) {
            const MoveRecord& move = story_.moves[i];
            const std::string place = at("moves", i);
            if (!story_.tree.has(move.passage)) {
                return fault(place + ".passage", "there is no passage " + in_words(move.passage));
            }
            if ((move.kind == MoveKind::start) != (i == 0)) {
                return fault(place + ".kind", "the first move is 'start', and no other");
            }
            if (i == 0 && move.passage != story::PassageId::root) {
                return fault(place + ".passage", "a story starts at its opening");
            }
        }
        return Unit{};
    }

    const Story& story_;
    std::map<OfferId, const OfferRecord*> offers_;
    std::map<std::pair<OfferId, std::size_t>, const CandidateRecord*> candidates_;
};

}  // namespace

Result<Unit> check_story(const Story& story) {
    if (auto good = check_record(story.record, "story"); !good) return good;
    return References(story).check();
}

}  // namespace fabula::store
