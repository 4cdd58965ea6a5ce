// SPDX-License-Identifier: 0BSD
// The conditional logit model of one number: candidate j of an offer is picked with probability
// exp(b z_j) / sum_k exp(b z_k), z the number in some unit. A pure function.
#pragma once

#include "preference/effects.h"

#include <optional>
#include <span>

namespace fabula::preference {

struct OneNumberFit {
    double coefficient = 0;     // b, a unit
    double standard_error = 0;  // of b, clustered by story
};

/// The b of the greatest likelihood, by Newton's method (the likelihood is concave); z = value /
/// `unit`, unit > 0. Empty where no finite b is best: in every offer the picked candidate has the
/// highest number, or in every one the lowest. Requires offers whose values differ.
///
/// Source: McFadden, "Conditional logit analysis of qualitative choice behavior", 1974. The
/// variance is the sandwich of Liang and Zeger, "Longitudinal data analysis using generalized
/// linear models", Biometrika 73 (1), 1986, with stories as clusters.
std::optional<OneNumberFit> fit_one_number(std::span<const ComparedOffer> offers, double unit);

}  // namespace fabula::preference
