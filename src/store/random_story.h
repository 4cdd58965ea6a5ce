// SPDX-License-Identifier: 0BSD
// For tests: whole stories drawn from a seed, with odd characters, extreme numbers and every kind
// of record, and small ones built by hand. The same seed gives the same story.
#pragma once

#include "store/store.h"

#include <cstdint>
#include <string>

namespace fabula::store {

/// A story that `check_story` accepts, of about `n_steps` passages.
Story random_story(std::uint64_t seed, std::size_t n_steps = 12);

/// A candidate with one trace record a word of its text.
CandidateRecord some_candidate(std::size_t index, const std::string& text);

/// Offer 0 at `parent`, with one candidate a text.
OfferRecord some_offer(story::PassageId parent, const std::vector<std::string>& texts);

/// The story with its id 0 and its offers numbered from 1: what `add_story` keeps.
Story renumbered(Story story);

}  // namespace fabula::store
