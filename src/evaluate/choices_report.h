// SPDX-License-Identifier: 0BSD
// What people picked, as a value: the numbers behind the page of `fabula choices report`. Pure
// functions over a log; nothing here knows of files.
//
// An offer counts where at least two candidates were shown and one of them was picked: then blind
// picks give 1 / candidates. How the others ended is counted in `Outcomes`.
#pragma once

#include "evaluate/choices_log.h"
#include "evaluate/clustered_mean.h"
#include "preference/effects.h"
#include "preference/features.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::evaluate {

/// Whose choices are looked at.
enum class Chooser { person, score, any };
const char* name_of(Chooser chooser);
/// Errors: invalid_input, naming the known ones.
Result<Chooser> chooser_named(std::string_view name);

struct Counted {
    std::string name;
    std::size_t n = 0;
};

struct RateRow {
    std::string label;
    preference::WinRate rate;
};

/// One setting at one step, over the picked and over all that were shown.
struct StepMeans {
    std::size_t step = 1;
    ClusteredMean picked;
    ClusteredMean shown;
};

struct SettingMeans {
    const char* name = "";
    std::vector<StepMeans> steps;  // ascending
};

/// Win rates over temperature x top_k, in classes of round numbers.
struct Plane {
    std::vector<double> temperatures;        // edges
    std::vector<double> top_ks;              // edges; empty where every candidate kept all tokens
    bool has_all = false;                    // whether a last column is for top_k 0, all tokens
    std::vector<preference::WinRate> cells;  // [n_temperatures, n_columns], row-major

    std::size_t n_rows() const { return temperatures.empty() ? 0 : temperatures.size() - 1; }
    std::size_t n_columns() const {
        return (top_ks.empty() ? 0 : top_ks.size() - 1) + (has_all ? 1 : 0);
    }
};

struct FeatureEffect {
    const preference::Feature* feature = nullptr;
    preference::Effect effect;
    std::optional<double> adjusted_p;  // over all features with an effect; empty without one

    /// Whether it is told from chance at a false discovery rate of 5 %.
    bool is_distinct() const { return adjusted_p && *adjusted_p <= 0.05; }
};

/// How the decisions ended, of all offers that the chooser decided on.
struct Outcomes {
    std::size_t n_decisions = 0;
    std::size_t n_picked = 0;   // a candidate as it was, or edited
    std::size_t n_edited = 0;   // of these
    std::size_t n_written = 0;  // own words in place of all
    std::size_t n_refused = 0;  // all refused, nothing written
};

/// How often the candidate shown first was picked by those who took from `from` seconds to less
/// than `to`; infinity for the last.
struct TimeRow {
    double from = 0;
    double to = 0;
    preference::WinRate first;
};

/// Ratings of candidates that were taken in the end, and of the others.
struct RatingCounts {
    std::size_t up_picked = 0;
    std::size_t down_picked = 0;
    std::size_t up_others = 0;
    std::size_t down_others = 0;

    std::size_t n() const { return up_picked + down_picked + up_others + down_others; }
};

struct ChoicesReport {
    Chooser chooser = Chooser::person;
    bool is_fallback = false;     // nobody was asked for and no person chose: the score
    std::size_t n_stories = 0;    // in the database
    std::size_t n_by_person = 0;  // offers that a person decided on
    std::size_t n_by_score = 0;   // offers that the score decided on
    std::size_t n_compared = 0;   // offers that count, by the chooser
    std::size_t n_compared_stories = 0;
    std::size_t n_shown = 0;         // candidates of those
    std::optional<Timestamp> first;  // decision of the chooser
    std::optional<Timestamp> last;
    std::vector<Counted> models;  // of the compared offers, most first
    std::vector<Counted> users;   // likewise; "" for those not known
    std::vector<SettingMeans> settings;
    Plane plane;
    std::vector<RateRow> policies;
    std::vector<RateRow> typical_ps;
    std::vector<FeatureEffect> effects;  // largest first, those without a figure last
    std::vector<RateRow> first_words;    // the most shown, best first
    std::size_t n_different_first_words = 0;
    std::vector<RateRow> places;  // "1", "2", ...: where it stood on the screen
    Outcomes outcomes;
    std::vector<TimeRow> times;  // empty where no time was kept
    std::optional<double> median_seconds;
    std::size_t n_person_decisions = 0;  // of the chooser's
    std::vector<Counted> reasons;        // of these: coherence, style, turn, own words, none
    RatingCounts ratings;
};

/// The report. Without `asked` it is that of persons, or of the score where no person picked
/// anything. The same for equal logs.
ChoicesReport report_choices(const ChoicesLog& log, std::optional<Chooser> asked);

/// All of it as one JSON document (docs/formats/choices-report.md). `made`: when.
std::string report_as_json(const ChoicesReport& report, Timestamp made);

/// A few lines for programs: {"page","data","chooser","fallback","stories","offers","choices"};
/// `stories` and `offers` are those compared, `choices` all decisions of the chooser.
std::string summary_as_json(const ChoicesReport& report, const std::string& page,
                            const std::string& data);

}  // namespace fabula::evaluate
