// SPDX-License-Identifier: 0BSD
// What `fabula evaluate` found, as a table, as lines of JSON and as a picture.
#pragma once

#include "evaluate/interval.h"
#include "evaluate/off_policy_check.h"
#include "evaluate/scale.h"
#include "preference/automatic_proposer.h"

#include <cstddef>
#include <string>
#include <vector>

namespace fabula::app {

struct CurvePoint {
    std::size_t stories = 0;
    evaluate::MeanInterval share;
};

/// What one policy came to with one reader.
struct PolicyRow {
    std::string reader;
    std::string policy;
    std::string collecting;         // whose offers it learned from: "own", "random"
    std::size_t seeds = 0;          // that were finished
    evaluate::Scale scale;          // utilities that share 0 and 1 stand for
    std::vector<CurvePoint> curve;  // by stories, ascending; never empty
    /// For auto at the last point: log-likelihoods of held-out picks, means over seeds, and in how
    /// many seeds each policy was taken.
    struct HeldOut {
        preference::Explained mean;
        std::size_t taken = 0;
    };
    std::vector<HeldOut> held_out;

    const CurvePoint& last() const { return curve.back(); }
};

/// One line of JSON.
std::string as_json(const PolicyRow& row);
/// The rows by reader: shares at every point, the interval of the last, and the held-out table.
std::string as_text(const std::vector<PolicyRow>& rows);
/// Share against stories, one panel a reader; stories on a logarithmic axis, 0 set apart. Rows of
/// one reader stand together.
std::string as_svg(const std::vector<PolicyRow>& rows);

/// What the estimates came to for one reader and target.
struct OffPolicyRow {
    std::string reader;
    std::string target;
    preference::SeenCandidate centre;
    double widths[3] = {0, 0, 0};  // of temperature, ln top_k, typical_p
    std::size_t stories = 0;
    evaluate::OffPolicyRecord record;
};

/// One line of JSON.
std::string as_json(const OffPolicyRow& row);
std::string as_text(const std::vector<OffPolicyRow>& rows);

}  // namespace fabula::app
