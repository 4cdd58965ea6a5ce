// SPDX-License-Identifier: 0BSD
// Takes one candidate of an offer: its words become a passage, on disk before anybody hears of it.
#pragma once

#include "engine/events.h"
#include "engine/offer.h"
#include "store/store.h"

#include <optional>

namespace fabula::engine {

/// The candidate with the best score among those with words; the lower index wins a tie.
/// Empty when none has words.
std::optional<std::size_t> best(const Offered& offered);

/// Why that candidate was taken, for people: "best score of 3: -1.21 (...)".
std::string reason_for(const Offered& offered, std::size_t index);

struct Pick {
    store::OfferId offer{};
    std::size_t index = 0;
    std::string chooser;  // "score", "person"
    std::string reason;
    /// Where the chooser saw the story stand; empty for a person, who means to move it.
    std::optional<story::PassageId> head = {};
};

/// Records the choice, moves the story there and tells of it. `story` follows.
/// Errors: not_found; conflict when another program moved the story meanwhile, which then stays
/// where that put it; and the store's.
Result<story::PassageId> choose(store::Store& store, store::Story& story, const Pick& pick,
                                Timestamp time, Events& events);

}  // namespace fabula::engine
