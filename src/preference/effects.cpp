// SPDX-License-Identifier: 0BSD
#include "preference/effects.h"

#include "preference/one_number_logit.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace fabula::preference {
namespace {

constexpr std::size_t n_resamples = 2000;
constexpr std::size_t n_flips = 9999;
constexpr std::size_t most_exact_stories = 12;  // 4,096 ways
constexpr double z_95 = 1.959963984540054;

// What one story contributes.
struct StorySums {
    double differences = 0;
    double offers = 0;
    double squares = 0;  // about the means of the offers
    double freedom = 0;  // candidates - offers
};

double mean_of(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double mean_of_others(const ComparedOffer& offer) {
    const double sum = std::accumulate(offer.values.begin(), offer.values.end(), 0.0);
    return (sum - offer.values[offer.picked]) / static_cast<double>(offer.values.size() - 1);
}

bool differs(const ComparedOffer& offer) {
    return offer.values.size() >= 2 &&
           std::any_of(offer.values.begin(), offer.values.end(),
                       [&](double value) { return value != offer.values.front(); });
}

double size_of(const StorySums& sums) {
    if (sums.squares <= 0) return 0;
    return sums.differences / sums.offers / std::sqrt(sums.squares / sums.freedom);
}

std::vector<StorySums> sums_by_story(std::span<const ComparedOffer> offers) {
    std::map<std::int64_t, StorySums> by_story;
    for (const auto& offer : offers) {
        auto& sums = by_story[offer.story];
        sums.differences += offer.values[offer.picked] - mean_of_others(offer);
        sums.offers += 1;
        const double mean = mean_of(offer.values);
        for (const double value : offer.values)
            sums.squares += (value - mean) * (value - mean);
        sums.freedom += static_cast<double>(offer.values.size() - 1);
    }
    std::vector<StorySums> sums;
    sums.reserve(by_story.size());
    for (const auto& [story, each] : by_story)
        sums.push_back(each);
    return sums;
}

StorySums total_of(std::span<const StorySums> stories) {
    StorySums total;
    for (const auto& story : stories) {
        total.differences += story.differences;
        total.offers += story.offers;
        total.squares += story.squares;
        total.freedom += story.freedom;
    }
    return total;
}

// The quantile of sorted values, linear between them (type 7 of Hyndman and Fan, 1996).
double quantile(const std::vector<double>& sorted, double share) {
    const double at = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Ends bootstrap_ends(const std::vector<StorySums>& stories, const Rng& rng) {
    std::vector<double> sizes;
    sizes.reserve(n_resamples);
    std::vector<StorySums> resample(stories.size());
    for (std::size_t i = 0; i < n_resamples; ++i) {
        const Rng numbers = rng.child(i);
        for (std::size_t j = 0; j < stories.size(); ++j) {
            const double u = numbers.uniform(j);
            resample[j] = stories[static_cast<std::size_t>(u * double(stories.size()))];
        }
        sizes.push_back(size_of(total_of(resample)));
    }
    std::sort(sizes.begin(), sizes.end());
    return {quantile(sizes, 0.025), quantile(sizes, 0.975)};
}

// Whether |sum| with some signs flipped is at least the one found; rounding must not tell equals
// apart.
bool reaches(double sum, double found) {
    return std::abs(sum) >= found - 1e-12 * std::max(1.0, found);
}

double exact_flip_p(const std::vector<StorySums>& stories, double found) {
    const std::size_t n_ways = std::size_t{1} << stories.size();
    std::size_t n_reaching = 0;
    for (std::size_t way = 0; way < n_ways; ++way) {
        double sum = 0;
        for (std::size_t i = 0; i < stories.size(); ++i)
            sum += ((way >> i) & 1U) != 0 ? stories[i].differences : -stories[i].differences;
        n_reaching += reaches(sum, found) ? 1 : 0;
    }
    return static_cast<double>(n_reaching) / static_cast<double>(n_ways);
}

double drawn_flip_p(const std::vector<StorySums>& stories, double found, const Rng& rng) {
    constexpr std::size_t bits = 53;  // of each number drawn
    std::size_t n_reaching = 0;
    for (std::size_t i = 0; i < n_flips; ++i) {
        const Rng numbers = rng.child(i);
        double sum = 0;
        std::uint64_t signs = 0;
        for (std::size_t j = 0; j < stories.size(); ++j) {
            if (j % bits == 0)
                signs = static_cast<std::uint64_t>(std::ldexp(numbers.uniform(j / bits), bits));
            sum += (signs & 1U) != 0 ? stories[j].differences : -stories[j].differences;
            signs >>= 1U;
        }
        n_reaching += reaches(sum, found) ? 1 : 0;
    }
    return static_cast<double>(n_reaching + 1) / static_cast<double>(n_flips + 1);
}

double flip_p(const std::vector<StorySums>& stories, const Rng& rng) {
    const double found = std::abs(total_of(stories).differences);
    return stories.size() <= most_exact_stories ? exact_flip_p(stories, found)
                                                : drawn_flip_p(stories, found, rng);
}

void set_odds_ratio(Effect& effect, std::span<const ComparedOffer> offers, double deviation,
                    OddsUnit unit) {
    const auto fit = fit_one_number(offers, deviation);
    if (!fit) return;
    const double by = unit == OddsUnit::one ? 1 / deviation : 1;  // fitted a deviation
    effect.odds_ratio = std::exp(by * fit->coefficient);
    effect.odds_ratio_ends = {std::exp(by * (fit->coefficient - z_95 * fit->standard_error)),
                              std::exp(by * (fit->coefficient + z_95 * fit->standard_error))};
}

}  // namespace

Effect paired_effect(std::span<const ComparedOffer> offers, OddsUnit unit, const Rng& rng) {
    std::vector<ComparedOffer> differing;
    for (const auto& offer : offers) {
        assert(offer.picked < offer.values.size());
        if (differs(offer)) differing.push_back(offer);
    }
    const auto stories = sums_by_story(differing);
    Effect effect;
    effect.n_offers = differing.size();
    effect.n_stories = stories.size();
    for (const auto& offer : differing) {
        effect.picked_mean += offer.values[offer.picked] / double(differing.size());
        effect.others_mean += mean_of_others(offer) / double(differing.size());
    }
    effect.is_known = effect.n_offers >= least_offers && effect.n_stories >= least_stories;
    if (!effect.is_known) return effect;
    const auto total = total_of(stories);
    effect.size = size_of(total);
    effect.size_ends = bootstrap_ends(stories, rng.child(0));
    effect.p = flip_p(stories, rng.child(1));
    set_odds_ratio(effect, differing, std::sqrt(total.squares / total.freedom), unit);
    return effect;
}

std::vector<double> adjusted_p_values(std::span<const double> p_values) {
    std::vector<std::size_t> order(p_values.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
    std::vector<double> adjusted(p_values.size());
    double least = 1;
    for (std::size_t rank = order.size(); rank > 0; --rank) {
        const std::size_t at = order[rank - 1];
        const double ratio = static_cast<double>(order.size()) / static_cast<double>(rank);
        least = std::min(least, p_values[at] * ratio);
        adjusted[at] = least;
    }
    return adjusted;
}

void WinRate::add(bool is_picked, std::size_t n_candidates) {
    assert(n_candidates > 0);
    ++n_shown;
    n_picked += is_picked ? 1 : 0;
    expected += 1 / static_cast<double>(n_candidates);
}

Ends WinRate::ends() const {
    return wilson_interval(n_picked, n_shown);
}

bool WinRate::differs_from_chance() const {
    if (!is_known()) return false;
    const auto [low, high] = ends();
    return chance() < low || chance() > high;
}

Ends wilson_interval(std::size_t successes, std::size_t n) {
    assert(n > 0 && successes <= n);
    const auto trials = static_cast<double>(n);
    const double share = static_cast<double>(successes) / trials;
    const double z2 = z_95 * z_95;
    const double middle = (share + z2 / (2 * trials)) / (1 + z2 / trials);
    const double half = z_95 / (1 + z2 / trials) *
                        std::sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials));
    return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

}  // namespace fabula::preference
