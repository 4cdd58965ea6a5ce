// SPDX-License-Identifier: 0BSD
// Which offers are published: `--only KEY=VALUE`. A plain value.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace fabula::exchange {

/// Values of one key, by commas or in several filters, are alternatives; every key that is given
/// must hold.
///   story=1,2,5         numbers of `fabula story list`
///   model=NAME          the model that wrote the offer
///   policy=NAME         at least one candidate's settings came from it
///   user=NAME           who made the choice that counts
///   chooser=person      of what kind that was (person, score)
///   since=2026-01-31    offers made on that day (UTC) or later; until=: before that day
class Filter {
public:
    /// Errors: invalid_input for an unknown key, a value that is none, a date that is none.
    static Result<Filter> of(const std::vector<std::string>& words);

    bool takes_story(store::StoryId story) const;
    /// `choice`: the one that counts, or null.
    bool takes_offer(const store::OfferRecord& offer, const store::ChoiceRecord* choice) const;

    /// For the data set's card: the words again, but for those that name users: "model=tiny; user".
    const std::string& described() const { return described_; }

private:
    Result<Unit> add(const std::string& word);
    Result<Unit> add_value(const std::string& key, const std::string& value);

    std::set<std::int64_t> stories_;
    std::set<std::string> models_;
    std::set<std::string> policies_;
    std::set<std::string> users_;
    std::set<std::string> choosers_;
    std::optional<Timestamp> since_;
    std::optional<Timestamp> until_;
    std::string described_;
};

/// Midnight (UTC) at the beginning of "2026-01-31". Errors: invalid_input.
Result<Timestamp> day_named(const std::string& text);

}  // namespace fabula::exchange
