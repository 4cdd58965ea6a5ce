// SPDX-License-Identifier: 0BSD
// What the picked candidates have that the others of their offer have not, and how sure that is.
// Candidates are compared within their offer, and the intervals take whole stories as what was
// drawn, since the picks of one story are alike. Pure functions over numbers; few data give no
// figure.
#pragma once

#include "base/rng.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace fabula::preference {

/// Fewer stories, or fewer offers whose candidates differ, give no effect.
constexpr std::size_t least_stories = 10;
constexpr std::size_t least_offers = 30;
/// Shown fewer times than this, something has no win rate that is worth a look.
constexpr std::size_t least_shown = 20;

/// One number of each candidate of one offer, and which of them was picked.
struct ComparedOffer {
    std::int64_t story = 0;
    std::vector<double> values;  // at least two; finite
    std::size_t picked = 0;      // a place in `values`

    bool operator==(const ComparedOffer&) const = default;
};

/// The two ends of a 95 % interval.
struct Ends {
    double low = 0;
    double high = 0;
};

struct Effect {
    std::size_t n_offers = 0;   // whose candidates differ; the others say nothing
    std::size_t n_stories = 0;  // that these belong to
    double picked_mean = 0;     // over those offers
    double others_mean = 0;     // over those offers, of the mean of the others
    bool is_known = false;      // whether there are data enough; all below is 0 or empty if not
    /// Mean of picked - others over those offers, in standard deviations within an offer.
    double size = 0;
    Ends size_ends;
    double p = 1;  // two-sided, that the picks have nothing to do with the number
    /// By how much the odds of being picked are multiplied where the number is one standard
    /// deviation within an offer higher, or 1 higher (`OddsUnit`). Empty where picks and number go
    /// together without exception, so that no finite ratio is best.
    std::optional<double> odds_ratio;
    Ends odds_ratio_ends;
};

enum class OddsUnit { deviation, one };

/// The effect of one number on what is picked.
///
/// size: d = mean_i (x_i,picked - mean of the other x_i) / s, s^2 = sum of squares about the means
/// of the offers / (candidates - offers): the standardised mean difference of Cohen, "Statistical
/// Power Analysis for the Behavioral Sciences", 1988, chapter 2, paired within offers. Its interval
/// is the percentile interval of 2,000 resamples of whole stories: Efron and Tibshirani, "An
/// Introduction to the Bootstrap", 1993, chapter 13; clusters as in Field and Welsh, "Bootstrapping
/// clustered data", J. R. Stat. Soc. B 69 (3), 2007. p: the signs of the stories' sums are flipped,
/// all ways for up to 12 stories, else 9,999 ways drawn and (1 + b) / (1 + 9,999): Canay, Romano
/// and Shaikh, "Randomization tests under an approximate symmetry assumption", Econometrica 85 (3),
/// 2017; Phipson and Smyth, "Permutation p-values should never be zero", 2010, arXiv:1603.05766.
/// odds_ratio: conditional logit of one number: McFadden, "Conditional logit analysis of
/// qualitative choice behavior", 1974, with the sandwich variance clustered by story (Liang and
/// Zeger, Biometrika 73 (1), 1986).
///
/// Requires `picked` within `values`. Reads numbers of `rng`; the same for equal arguments.
Effect paired_effect(std::span<const ComparedOffer> offers, OddsUnit unit, const Rng& rng);

/// The p values, adjusted so that those below q are, in the mean, false in a share q: Benjamini and
/// Hochberg, "Controlling the false discovery rate", J. R. Stat. Soc. B 57 (1), 1995. In the order
/// given.
std::vector<double> adjusted_p_values(std::span<const double> p_values);

/// How often something was picked of the times that it was shown.
struct WinRate {
    std::size_t n_shown = 0;
    std::size_t n_picked = 0;
    double expected = 0;  // sum over the times shown of 1 / candidates of the offer

    void add(bool is_picked, std::size_t n_candidates);
    /// Requires n_shown > 0, as all below.
    double rate() const { return static_cast<double>(n_picked) / static_cast<double>(n_shown); }
    /// What picking blindly gives.
    double chance() const { return expected / static_cast<double>(n_shown); }
    /// Whether it was shown at least `least_shown` times.
    bool is_known() const { return n_shown >= least_shown; }
    /// Whether `is_known` and the interval leaves out `chance()`.
    bool differs_from_chance() const;
    Ends ends() const;
};

/// The 95 % interval of a share of `n` > 0 trials: Wilson, "Probable inference, the law of
/// succession, and statistical inference", J. Am. Stat. Assoc. 22, 1927.
Ends wilson_interval(std::size_t successes, std::size_t n);

}  // namespace fabula::preference
