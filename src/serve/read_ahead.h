// SPDX-License-Identifier: 0BSD
// What was drawn while somebody reads: for each candidate of an offer the offer that would follow
// if it were taken. Nothing of it is stored; where the plan of what is asked for in the end is the
// same as that which was drawn, the words are there already, and they are the words that would have
// been drawn anyway.
//
// Threads: one.
#pragma once

#include "engine/offer.h"
#include "serve/offering.h"
#include "store/store.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace fabula::serve {

struct ReadAheadCounts {
    std::uint64_t offers = 0;  // drawn ahead, complete
    std::uint64_t tokens = 0;  // of these and of those that were broken off
    std::uint64_t shown = 0;   // offers that somebody asked for
    std::uint64_t broken_off = 0;
};

/// How an offer would be gone on from.
struct GoingOn {
    Offering offering;
    std::string asked = {};  // body of the request that would ask for it
};

/// An offer that was drawn ahead; valid until the ReadAhead is called again.
struct DrawnAhead {
    store::StoryId story{};
    store::OfferId offer{};  // what is read
    std::size_t index = 0;   // of its candidate that is gone on from
    const std::string& asked;
    const engine::OfferPlan& plan;
    const model::Generated& generated;
};

class ReadAhead {
public:
    /// `most_candidates`: of an offer, so many are gone on from, the first ones; 0: none.
    explicit ReadAhead(std::size_t most_candidates) : most_candidates_(most_candidates) {}

    /// Somebody begins to read that offer of the story. Older readings of it are forgotten.
    void begin(store::Story story, store::OfferRecord offer, GoingOn going_on);
    /// The offer got one more candidate, which is gone on from as well.
    void grow(const store::Story& story, const store::OfferRecord& offer);

    /// Whether `step` has something to do for a story of which `is_read` says that it is read.
    template <typename IsRead>
    bool has_work(IsRead is_read) const {
        for (const auto& reading : readings_) {
            if (reading.next < reading.indices.size() && is_read(reading.story.record.id))
                return true;
        }
        return false;
    }

    /// Draws one offer ahead for the story that was begun last and is read, or what of it there is
    /// time for: `stop` breaks it off, and it is begun again next time. What the model cannot draw
    /// is left out. Nothing where nothing whole was drawn.
    template <typename IsRead>
    std::optional<DrawnAhead> step(model::Generator& generator, IsRead is_read,
                                   const std::stop_token& stop) {
        Reading* newest = nullptr;
        for (auto& reading : readings_) {
            if (reading.next < reading.indices.size() && is_read(reading.story.record.id))
                newest = &reading;
        }
        if (newest == nullptr) return std::nullopt;
        return draw_next(*newest, generator, stop);
    }

    /// The words of that plan, if they were drawn; they are given once.
    std::optional<model::Generated> take(store::StoryId story, const engine::OfferPlan& plan);

    void forget(store::StoryId story);
    /// What that policy would draw has changed: gives the stories that were gone on from with it.
    std::vector<store::StoryId> forget_policy(const std::string& policy);
    const ReadAheadCounts& counts() const { return counts_; }

private:
    struct Drawn {
        engine::OfferPlan plan;
        model::Generated generated;
    };
    struct Reading {
        store::Story story;
        store::OfferRecord offer;
        GoingOn going_on;
        std::vector<std::size_t> indices;  // of the candidates that are gone on from
        std::size_t next = 0;              // place in `indices`
        std::vector<Drawn> drawn;
    };

    std::optional<DrawnAhead> draw_next(Reading& reading, model::Generator& generator,
                                        const std::stop_token& stop);

    std::size_t most_candidates_;
    std::deque<Reading> readings_;  // the newest last
    ReadAheadCounts counts_;
};

/// The story as it would be if that candidate of its offer were taken. Requires that it is there.
store::Story if_taken(const store::Story& story, const store::OfferRecord& offer,
                      std::size_t index);

}  // namespace fabula::serve
