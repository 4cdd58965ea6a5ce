// SPDX-License-Identifier: 0BSD
// Decides on an offer: a candidate is taken as it is or edited, something else is written in its
// place, or all are refused. What became a passage is on disk before anybody hears of it.
#pragma once

#include "engine/events.h"
#include "engine/offer.h"
#include "store/store.h"

#include <optional>
#include <string>
#include <vector>

namespace fabula::engine {

/// The candidate with the best score among those with words; the lower index wins a tie.
/// Empty when none has words.
std::optional<std::size_t> best(const Offered& offered);

/// Why that candidate was taken, for people: "best score of 3: -1.21 (...)".
std::string reason_for(const Offered& offered, std::size_t index);

struct Pick {
    store::OfferId offer{};
    std::optional<std::size_t> index;  // empty: all are refused
    std::string chooser;               // "score", "person"
    std::string reason;
    /// Where the chooser saw the story stand; empty for a person who means to move it.
    std::optional<story::PassageId> head = {};
    std::optional<std::string> words = {};  // as store::Store::Decision::words
    std::string user = {};                  // the rest as in store::ChoiceRecord
    std::vector<std::size_t> shown = {};
    std::optional<double> seconds = {};
};

/// Records the choice, moves the story there and tells of it; a refusal is told by nothing and
/// gives the offer's parent. `story` follows.
/// Errors: not_found; invalid_input for words that cannot be a passage; conflict when another
/// program moved the story meanwhile, which then stays where that put it; and the store's.
Result<story::PassageId> choose(store::Store& store, store::Story& story, const Pick& pick,
                                Timestamp time, Events& events);

/// Records what somebody thinks of a candidate. `story` follows. Errors: the store's.
Result<Unit> rate(store::Store& store, store::Story& story, const store::RatingRecord& rating);

}  // namespace fabula::engine
