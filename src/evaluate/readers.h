// SPDX-License-Identifier: 0BSD
// Simulated readers: what they like in the settings of a candidate, and how surely they pick it.
// Data from a file (docs/formats/readers.md), so that a policy can be tried on readers that nobody
// here thought of. What they like is known exactly, which of people it never is.
#pragma once

#include "base/result.h"
#include "preference/history.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::evaluate {

/// A bell over one setting: exp(-((x - centre) / width)^2 / 2).
struct Bell {
    double centre = 0;
    double width = 1;  // standard deviation, in units of the setting

    bool operator==(const Bell&) const = default;
};

/// At which steps a peak stands; steps count from 1.
enum class Parity { both, odd, even };

/// What the peaks of a reader make together.
enum class Combining { highest, sum };

/// A place in the settings that a reader likes: `height` times the product of the three bells.
struct Peak {
    double height = 1;  // utility at the centre
    Bell temperature;
    Bell ln_top_k;  // over the natural logarithm of top_k
    Bell typical_p;
    Parity parity = Parity::both;

    bool operator==(const Peak&) const = default;
};

/// Picks the candidate with the highest utility + position_bias[place] + noise * g, where g is a
/// standard Gumbel number, independent for every candidate: the multinomial logit.
///
/// Source: McFadden, "Conditional logit analysis of qualitative choice behavior", 1974.
struct Reader {
    std::string name;
    double noise = 0;                   // utility; 0 picks the best, the first one of equals
    std::vector<double> position_bias;  // utility, by place shown; 0 beyond its end
    Combining combining = Combining::highest;
    std::vector<Peak> peaks;

    bool operator==(const Reader&) const = default;
};

/// What the settings of a candidate are worth to `reader` at `step` (from 1); 0 where no peak
/// stands near. A top_k of 0, which keeps all tokens, counts as the largest that can be set.
double utility(const Reader& reader, std::size_t step, const preference::SeenCandidate& candidate);

/// How likely `reader` is to pick each of `offer.shown`, [n_shown]: softmax((utility + bias) /
/// noise). Requires that something is shown.
std::vector<double> pick_probabilities(const Reader& reader, const preference::SeenOffer& offer);

/// The readers of a file in the format of docs/formats/readers.md, in its order.
/// Errors: invalid_input, naming the place, what stands there and what may.
Result<std::vector<Reader>> readers_from_json(std::string_view json);

/// The file that is shipped, examples/readers.json: `one_peak` and `two_peak`.
std::string_view shipped_readers();

}  // namespace fabula::evaluate
