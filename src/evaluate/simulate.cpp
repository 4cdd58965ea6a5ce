// SPDX-License-Identifier: 0BSD
#include "evaluate/simulate.h"

#include <cmath>
#include <utility>

namespace fabula::evaluate {
namespace {

// Which stream of an offer draws what.
enum Stream : std::uint64_t { for_settings = 0, for_order = 1, for_pick = 2 };

// Fisher and Yates: every order as likely.
void shuffle(std::vector<preference::SeenCandidate>& shown, const Rng& rng) {
    for (std::size_t i = shown.size(); i > 1; --i) {
        const auto j = static_cast<std::size_t>(rng.uniform(i) * static_cast<double>(i));
        std::swap(shown[i - 1], shown[j]);
    }
}

// With Gumbel noise the pick is one draw from the softmax.
std::size_t pick(const Reader& reader, const preference::SeenOffer& offer, const Rng& rng) {
    const auto probabilities = pick_probabilities(reader, offer);
    double left = rng.uniform(0);
    for (std::size_t i = 0; i + 1 < probabilities.size(); ++i) {
        left -= probabilities[i];
        if (left < 0) return i;
    }
    return probabilities.size() - 1;
}

}  // namespace

preference::SeenCandidate shown_candidate(const preference::Proposer& proposer,
                                          const preference::Place& place,
                                          const sample::Settings& base, const Rng& rng) {
    const auto proposal = proposer.propose(place, base, rng);
    return preference::seen(proposal.settings, proposal.propensity);
}

preference::History simulate(const Reader& reader, const preference::Proposer& proposer,
                             const StoryShape& shape, const StoryRange& stories, const Rng& rng) {
    preference::History history;
    history.reserve(stories.count * shape.steps);
    for (std::size_t story = stories.first; story < stories.first + stories.count; ++story) {
        for (std::size_t step = 1; step <= shape.steps; ++step) {
            const auto stream = rng.child(story).child(step);
            preference::SeenOffer offer;
            offer.story = static_cast<std::int64_t>(story);
            offer.step = step;
            for (std::size_t i = 0; i < shape.candidates; ++i)
                offer.shown.push_back(shown_candidate(proposer, {step, i, shape.candidates},
                                                      shape.base,
                                                      stream.child(for_settings).child(i)));
            shuffle(offer.shown, stream.child(for_order));
            offer.picked = pick(reader, offer, stream.child(for_pick));
            history.push_back(std::move(offer));
        }
    }
    return history;
}

}  // namespace fabula::evaluate
