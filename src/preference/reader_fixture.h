// SPDX-License-Identifier: 0BSD
// A reader whose taste is known, for tests: bumps of utility over the settings, noise, and a bias
// by place.
#pragma once

#include "preference/proposer.h"
#include "preference/settings_box.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace fabula::preference {

struct Bump {
    double temperature;
    double ln_top_k;
    double typical_p;
    double at_odd_steps;   // height
    double at_even_steps;  // height
    double width = 1;      // times 0.15 of temperature, 0.4 of ln top_k, 0.1 of typical_p
};

struct Reader {
    std::vector<Bump> bumps;
    std::array<double, 3> by_place{0.3, 0, -0.2};

    double utility(std::size_t step, double temperature, double ln_top_k, double typical_p) const {
        double sum = 0;
        for (const auto& bump : bumps) {
            const double a = (temperature - bump.temperature) / (0.15 * bump.width);
            const double b = (ln_top_k - bump.ln_top_k) / (0.4 * bump.width);
            const double c = (typical_p - bump.typical_p) / (0.1 * bump.width);
            sum += (step % 2 == 1 ? bump.at_odd_steps : bump.at_even_steps) *
                   std::exp(-0.5 * (a * a + b * b + c * c));
        }
        return sum;
    }

    double utility(std::size_t step, const SeenCandidate& shown) const {
        return utility(step, shown.temperature, std::log(shown.top_k), shown.typical_p);
    }

    std::size_t pick(const SeenOffer& offer, const Rng& rng) const {
        std::size_t best = 0;
        double highest = -std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < offer.shown.size(); ++i) {
            const double gumbel = -std::log(-std::log(rng.uniform(i) + 1e-300));
            const double felt = utility(offer.step, offer.shown[i]) + by_place[i % 3] + gumbel;
            if (felt > highest) {
                highest = felt;
                best = i;
            }
        }
        return best;
    }
};

inline Reader one_peak(double height = 2) {
    return {{{0.75, 3.9, 0.9, height, height}}};
}

inline Reader two_peaks(double height = 2) {
    return {{{0.65, 4.4, 0.95, height, 0.5 * height}, {1.05, 3.0, 0.75, 0.5 * height, height}}};
}

/// Adds stories `from` to `to` of eight steps with three candidates, in the order drawn.
inline void read_stories(const Reader& reader, const Proposer& proposer, std::size_t from,
                         std::size_t to, const Rng& rng, History& history) {
    for (std::size_t story = from; story < to; ++story) {
        for (std::size_t step = 1; step <= 8; ++step) {
            const Rng of_offer = rng.child(story).child(step);
            SeenOffer offer{static_cast<std::int64_t>(story), step, {}, std::nullopt};
            // The candidates in an order by chance, so that no mode has one place.
            const auto turn = static_cast<std::size_t>(of_offer.child(8).uniform(0) * 3);
            for (std::size_t i = 0; i < 3; ++i) {
                const std::size_t index = (i + turn) % 3;
                const auto proposal = proposer.propose({step, index, 3}, {}, of_offer.child(index));
                offer.shown.push_back(seen(proposal.settings, proposal.propensity));
            }
            offer.picked = reader.pick(offer, of_offer.child(9));
            history.push_back(std::move(offer));
        }
    }
}

/// (utility of best() - random's) / (oracle's - random's), over steps 1 to 8.
inline double share_of_oracle(const Reader& reader, const Proposer& proposer,
                              const RandomRanges& ranges) {
    double reached = 0;
    double possible = 0;
    for (std::size_t step = 1; step <= 8; ++step) {
        double by_chance = 0;
        double highest = 0;
        constexpr std::uint64_t n = 4000;
        for (std::uint64_t i = 0; i < n; ++i) {
            const auto drawn = propose(Policy::random, {}, ranges, Rng(77).child(i)).settings;
            by_chance += reader.utility(step, seen(drawn, std::nullopt)) / n;
        }
        for (const auto& bump : reader.bumps)
            highest = std::max(
                highest, reader.utility(step, bump.temperature, bump.ln_top_k, bump.typical_p));
        reached += reader.utility(step, seen(proposer.best(step, {}), std::nullopt)) - by_chance;
        possible += highest - by_chance;
    }
    return reached / possible;
}

}  // namespace fabula::preference
