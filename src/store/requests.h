// SPDX-License-Identifier: 0BSD
// What was asked for and is not there yet: offers and redrawn candidates that wait for a model.
// The queue lies in the database, so that what was asked for outlives the process that was asked,
// and so that several processes work on one queue.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "story/tree.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fabula::store {

enum class StoryId : std::int64_t {};
enum class OfferId : std::int64_t {};
enum class RequestId : std::int64_t {};

/// waiting: nobody works on it; claimed: a process does, until its lease ends; the others are
/// final.
enum class RequestState { waiting, claimed, done, failed, cancelled };
/// "waiting", "claimed", ... Errors of the second: invalid_input.
const char* name_of(RequestState state);
Result<RequestState> request_state_named(std::string_view name);

struct RequestRecord {
    RequestId id{};
    StoryId story{};
    story::PassageId parent{};  // what is gone on from
    /// The name that the asker gave it ("" for none): asked for again under the same name it is the
    /// same request. Unique in its story.
    std::string key;
    std::string model;                 // who is to draw it; the store compares, no more
    std::string body;                  // what was asked for, JSON that the store does not read
    std::optional<OfferId> redraw_of;  // one more candidate of this offer; empty: a new offer
    std::string user;                  // as ChoiceRecord::user
    RequestState state = RequestState::waiting;
    std::string claimed_by;        // the process, "" unless claimed
    Timestamp lease_until{};       // of the claim; after it anybody may claim it
    std::size_t attempts = 0;      // claims so far
    std::optional<OfferId> offer;  // done: what was drawn
    std::string error;             // failed: one line for people
    Timestamp created{};
    Timestamp finished{};  // when it failed or was cancelled; done: when that was drawn

    bool operator==(const RequestRecord&) const = default;
};

/// A claim that is being worked off. What is added under it is added only while it holds, and in
/// the transaction that ends it.
struct Claim {
    RequestId request{};
    std::string server;
};

/// What the writer of a story wants the model to know; the last one kept counts.
struct NotesRecord {
    std::string memory;       // facts that hold
    std::string author_note;  // how the next words should be, close to the end of the prompt
    Timestamp created{};

    bool operator==(const NotesRecord&) const = default;
};

}  // namespace fabula::store
