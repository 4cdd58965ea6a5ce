// SPDX-License-Identifier: 0BSD
// What could have stood at one place of a candidate: the row of logits there, before and after the
// settings. Pure functions over a row; `Generator::reach` computes the row.
#pragma once

#include "model/generator.h"
#include "sample/sampler.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace fabula::model {

/// One place, as `reach_in` sees it.
struct PlaceInRow {
    std::span<const TokenId> history{};  // prompt and drawn tokens before the place
    std::span<const TokenId> ends{};     // never drawn where settings.ignore_end
    std::span<const TokenId> bans{};     // refused at the place
    std::size_t position = 0;            // drawn tokens before the place
    std::uint64_t draws = 20;            // no attempt had a higher number
    Rng words{0};                        // the candidate's stream
    std::optional<double> mirostat_mu{};
    TokenId taken = 0;               // what stands there; in the row
    std::optional<float> logprob{};  // and its log-probability, where it was kept
    std::size_t n_likeliest = 0;     // how many are listed, beside `taken`
};

/// The draw that gave `taken`: the attempt that gives it again, with the log-probability that was
/// kept where one has that. Nothing where none gives it.
std::optional<sample::Drawn> drawn_again(std::span<const float> logits, sample::Sampler& sampler,
                                         const PlaceInRow& place);

/// What was in reach at the place, by the bans there and the coin and the surprise that its draw
/// had; of a text that was searched for, what the search saw. The text of the alternatives is left
/// empty. Errors: as sample::Sampler::draw.
Result<Reach> reach_in(std::span<const float> logits, sample::Sampler& sampler,
                       const PlaceInRow& place);

}  // namespace fabula::model
