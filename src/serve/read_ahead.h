// SPDX-License-Identifier: 0BSD
// What was drawn while somebody reads: for each candidate of an offer the offer that would follow
// if it were taken. Nothing of it is stored; where the plan of what is asked for in the end is the
// same as that which was drawn, the words are there already, and they are the words that would have
// been drawn anyway.
//
// Threads: one.
#pragma once

#include "engine/offer.h"
#include "store/store.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <stop_token>

namespace fabula::serve {

struct ReadAheadCounts {
    std::uint64_t offers = 0;  // drawn ahead, complete
    std::uint64_t tokens = 0;  // of these and of those that were broken off
    std::uint64_t shown = 0;   // offers that somebody asked for
    std::uint64_t broken_off = 0;
};

class ReadAhead {
public:
    /// `most_candidates`: of an offer, so many are gone on from, the first ones; 0: none.
    explicit ReadAhead(std::size_t most_candidates) : most_candidates_(most_candidates) {}

    /// Somebody begins to read that offer of the story, which would be gone on from with `options`.
    /// Older readings of the story are forgotten.
    void begin(const store::Story& story, const store::OfferRecord& offer,
               const engine::OfferOptions& options);

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
    /// is left out.
    template <typename IsRead>
    void step(model::Generator& generator, IsRead is_read, const std::stop_token& stop) {
        Reading* newest = nullptr;
        for (auto& reading : readings_) {
            if (reading.next < reading.indices.size() && is_read(reading.story.record.id))
                newest = &reading;
        }
        if (newest != nullptr) draw_next(*newest, generator, stop);
    }

    /// The words of that plan, if they were drawn; they are given once.
    std::optional<model::Generated> take(store::StoryId story, const engine::OfferPlan& plan);

    void forget(store::StoryId story);
    const ReadAheadCounts& counts() const { return counts_; }

private:
    struct Drawn {
        engine::OfferPlan plan;
        model::Generated generated;
    };
    struct Reading {
        store::Story story;
        store::OfferRecord offer;
        engine::OfferOptions options;
        std::vector<std::size_t> indices;  // of the candidates that are gone on from
        std::size_t next = 0;              // place in `indices`
        std::vector<Drawn> drawn;
    };

    void draw_next(Reading& reading, model::Generator& generator, const std::stop_token& stop);

    std::size_t most_candidates_;
    std::deque<Reading> readings_;  // the newest last
    ReadAheadCounts counts_;
};

/// The story as it would be if that candidate of its offer were taken. Requires that it is there.
store::Story if_taken(const store::Story& story, const store::OfferRecord& offer,
                      std::size_t index);

}  // namespace fabula::serve
