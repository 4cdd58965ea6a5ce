// SPDX-License-Identifier: 0BSD
// Where a learned utility has its distinct maxima. Pure functions.
#pragma once

#include "preference/choice_model.h"

#include <vector>

namespace fabula::preference {

struct Mode {
    Point point{};
    double utility = 0;
};

/// The distinct maxima of `model` at each of the steps 1 to n_steps_apart, best first, at least one
/// and at most `most`; all are settings that the random policy draws, too.
///
/// Each local maximum of a grid is climbed; of those that end within one length of each other
/// (`ChoiceStrengths::lengths`) the best stays, and of the rest those that rise above the mean of
/// the grid at least half as high as the best.
std::vector<std::vector<Mode>> modes_of(const ChoiceModel& model, std::size_t most = 8);

}  // namespace fabula::preference
