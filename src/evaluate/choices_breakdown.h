// SPDX-License-Identifier: 0BSD
// The compared offers of a log, broken down: by step, over the plane of settings, by policy, word,
// place and time. Pure functions.
#pragma once

#include "evaluate/choices_report.h"

namespace fabula::evaluate {

/// An offer of which one candidate of at least two was picked. Points into a log.
struct Compared {
    const LoggedOffer* offer;
    const Decision* decision;
};

/// Temperature, top_k (without candidates that keep all tokens), typical_p, max_new_tokens.
std::vector<SettingMeans> settings_by_step(const std::vector<Compared>& compared);

Plane plane_of(const std::vector<Compared>& compared);

std::vector<RateRow> rates_by_policy(const std::vector<Compared>& compared);

/// One row a value, or, for more than eight values, a class of round numbers.
std::vector<RateRow> rates_by_typical_p(const std::vector<Compared>& compared);

/// The sixteen words shown most often, best win rate first.
std::vector<RateRow> rates_by_first_word(const std::vector<Compared>& compared,
                                         std::size_t& n_different);

/// Of the decisions that kept the order of the screen.
std::vector<RateRow> rates_by_place(const std::vector<Compared>& compared);

/// Of the decisions that kept order and time.
std::vector<TimeRow> first_place_by_time(const std::vector<Compared>& compared);

std::optional<double> median_seconds(const std::vector<Compared>& compared);

}  // namespace fabula::evaluate
