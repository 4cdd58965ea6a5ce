// SPDX-License-Identifier: 0BSD
// What was shown and what became of it, read off whole stories one at a time and kept small: no
// text but first words. Knows nothing of reports.
#pragma once

#include "preference/history.h"
#include "store/store.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fabula::evaluate {

/// A candidate of an offer that somebody decided on.
struct LoggedCandidate {
    preference::SeenCandidate settings;
    std::string policy;
    std::string first_word;
    /// Of preference::features(), in that order; NaN where one is not known.
    std::vector<float> features;
};

/// What became of an offer.
struct Decision {
    bool is_person = false;
    std::vector<std::size_t> shown;     // places in LoggedOffer::candidates
    bool is_order_kept = false;         // whether `shown` is the order of the screen
    std::optional<std::size_t> picked;  // a place in `shown`
    bool is_edited = false;             // the picked one's words were changed first
    bool is_written = false;            // somebody wrote their own words in place of all
    std::string reason;
    std::string user;
    std::optional<double> seconds;
    Timestamp created{};
};

/// An offer that somebody decided on.
struct LoggedOffer {
    std::int64_t story = 0;
    std::size_t step = 1;  // counted from 1 at the story's opening
    std::vector<LoggedCandidate> candidates;
    std::string model;
    /// The last decision of a person, of the score, and of either.
    std::optional<Decision> person;
    std::optional<Decision> score;
    std::optional<Decision> last;
};

/// What somebody thinks of a candidate, the last word of each user.
struct LoggedRating {
    int rating = 0;  // 1 up, -1 down
    std::string reason;
    bool is_picked = false;  // whether that candidate was the one taken in the end
};

struct ChoicesLog {
    std::size_t n_stories = 0;  // all that were read
    std::vector<LoggedOffer> offers;
    std::vector<LoggedRating> ratings;
};

/// Adds what `story` keeps. A candidate that was drawn anew before the decision was not shown, as
/// in Store::history; nor is an offer that nobody decided on kept.
void add_story(ChoicesLog& log, const store::Story& story);

}  // namespace fabula::evaluate
