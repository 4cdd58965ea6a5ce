// SPDX-License-Identifier: 0BSD
// Records to rows and back, in standard SQL, one function a table. They run inside the caller's
// transaction and let SOCI's exceptions pass; soci_store turns them into errors.
#pragma once

#include "store/store.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace soci {
class session;
}

namespace fabula::store {

// Keys as SOCI exchanges them.
long long key_of(StoryId id);
long long key_of(OfferId id);
long long key_of(RequestId id);
long long key_of(story::PassageId id);

/// The next number of a counter; numbers are never given twice, even after rows are removed.
long long next_of(soci::session& sql, const std::string& counter);

void insert_story(soci::session& sql, const StoryRecord& record);
void insert_passage(soci::session& sql, StoryId story, const PassageRecord& record);
/// With its prompt and its candidates.
void insert_offer(soci::session& sql, StoryId story, const OfferRecord& offer);
void insert_candidate(soci::session& sql, OfferId offer, const CandidateRecord& candidate);
/// Behind the choices that there are.
void insert_choice(soci::session& sql, StoryId story, const ChoiceRecord& choice);
/// Behind the ratings that there are.
void insert_rating(soci::session& sql, StoryId story, const RatingRecord& rating);
/// Behind the moves that there are.
void insert_move(soci::session& sql, StoryId story, const MoveRecord& move);
/// Behind the notes that there are.
void insert_notes(soci::session& sql, StoryId story, const NotesRecord& notes);
/// As one that waits, whatever the record says.
void insert_request(soci::session& sql, const RequestRecord& request);

/// The counts that a story's version is made of; of a story that begins.
void insert_version(soci::session& sql, StoryId story);
/// That the story was changed.
void count_change(soci::session& sql, StoryId story);
/// That a request of the story was.
void count_request_change(soci::session& sql, StoryId story);

// Each of these: errors corrupt, when a column cannot be read.

/// Every story's frame, by id; or that of one story alone, if it is there.
Result<std::vector<StoryRecord>> select_records(soci::session& sql,
                                                std::optional<StoryId> only = {});
/// Passages by id, without `offer` and `index`, which the choices know.
Result<std::vector<PassageRecord>> select_passages(soci::session& sql, StoryId story);
/// Offers with prompt and candidates, all in their order.
Result<std::vector<OfferRecord>> select_offers(soci::session& sql, StoryId story);
Result<std::vector<ChoiceRecord>> select_choices(soci::session& sql, StoryId story);
Result<std::vector<RatingRecord>> select_ratings(soci::session& sql, StoryId story);
Result<std::vector<MoveRecord>> select_moves(soci::session& sql, StoryId story);
/// The last ones; empty texts where there are none.
NotesRecord select_notes(soci::session& sql, StoryId story);

/// `locking` is what Backend::for_update says for the table "requests", or "".
Result<std::optional<RequestRecord>> select_request(soci::session& sql, RequestId id,
                                                    const std::string& locking = "");
/// Those of the story that wait or are claimed, by id.
Result<std::vector<RequestRecord>> select_open_requests(soci::session& sql, StoryId story);

}  // namespace fabula::store
