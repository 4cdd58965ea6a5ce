// SPDX-License-Identifier: 0BSD
// A story of somebody else as one of ours: the offers hung behind each other, what was picked as
// passages, what a person changed as their words. Pure functions.
#pragma once

#include "exchange/import_history.h"
#include "store/store.h"
#include "story/tree.h"

#include <cstddef>
#include <string>
#include <vector>

namespace fabula::exchange {

/// Something that was left out, and why.
struct Skipped {
    std::string place;
    std::size_t line = 1;
    std::string kind;    // one of a few words, to be counted
    std::string reason;  // for people
};

struct BuiltStory {
    store::Story story;
    std::vector<Skipped> skipped;
    std::size_t n_edited = 0;     // passages whose words the next input shows to be others
    std::size_t n_unmatched = 0;  // inputs that are no continuation of the story
};

/// Joins the offers of `foreign`; docs/formats/import.md has the rules. `now`: of what has no time
/// of its own. The result holds by store::check_story but for texts and lengths, unless no offer
/// is left in it.
BuiltStory built(const ForeignStory& foreign, Timestamp now);

}  // namespace fabula::exchange
