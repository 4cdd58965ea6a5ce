// SPDX-License-Identifier: 0BSD
// What may be kept: texts are UTF-8 without NUL, numbers are numbers, sizes have limits, and what
// refers to something finds it. The one place that decides; the queries, the JSON reader and
// `doctor` ask it. Pure functions. Every error is invalid_input and begins with the place:
// "passages[3].parent: ...".
#pragma once

#include "store/store.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fabula::store {

constexpr std::size_t max_text_bytes = std::size_t{16} << 20;  // a passage, a block, a candidate
constexpr std::size_t max_name_bytes = std::size_t{64} << 10;  // names, hashes, reasons, titles
constexpr std::size_t max_key_bytes = 256;                     // a request's key
constexpr std::size_t max_body_bytes = std::size_t{1} << 20;   // what a request asks for
constexpr std::size_t max_tokens = std::size_t{4} << 20;     // of a prompt, a block or a candidate
constexpr std::uint64_t max_draws = std::uint64_t{1} << 53;  // of a candidate
constexpr std::size_t max_passages = 1'000'000;
constexpr std::size_t max_offers = 1'000'000;  // at one passage
constexpr std::size_t max_index = 1'000'000;   // of a candidate in its offer

Result<Unit> check_text(std::string_view text, const std::string& place,
                        std::size_t limit_bytes = max_text_bytes);
Result<Unit> check_record(const StoryRecord& record, const std::string& place);
Result<Unit> check_candidate(const CandidateRecord& candidate, const std::string& place);
/// The offer's own fields and its candidates, each index once; not what it refers to.
Result<Unit> check_offer(const OfferRecord& offer, const std::string& place);
/// The choice's own fields; not what it refers to.
Result<Unit> check_choice(const ChoiceRecord& choice, const std::string& place);

/// The rating's own fields; not what it refers to.
Result<Unit> check_rating(const RatingRecord& rating, const std::string& place);

/// The request's own fields, of those that the asker fills; not what it refers to.
Result<Unit> check_request(const RequestRecord& request, const std::string& place);

Result<Unit> check_notes(const NotesRecord& notes, const std::string& place);

/// A whole story: every part, and that the parts fit each other. O(size of the story).
Result<Unit> check_story(const Story& story);

}  // namespace fabula::store
