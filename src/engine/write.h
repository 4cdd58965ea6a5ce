// SPDX-License-Identifier: 0BSD
// Writes a story by itself: step after step it offers candidates and takes the one with the best
// score.
#pragma once

#include "engine/events.h"
#include "engine/offer.h"
#include "model/generator.h"
#include "store/store.h"

#include <stop_token>
#include <string_view>

namespace fabula::engine {

struct WriteOptions {
    std::size_t steps = 8;  // most passages to add
    OfferOptions offer;
    /// Whether an offer that nobody decided on (`open_offer`) is taken up before anything is drawn,
    /// so that a story which was interrupted becomes what it would have been.
    bool takes_up_offers = false;
};

/// Whether `text` can be a passage. `what` names it in the error: "the prompt".
/// Errors: invalid_input (nothing to read in it, not UTF-8, a NUL).
Result<Unit> check_text(std::string_view what, std::string_view text);

/// Begins a story in the store. `record.id` and `record.model` are filled in.
/// Errors: invalid_input (an empty opening, not UTF-8, longer than the window), and the store's.
Result<store::Story> begin(store::Store& store, const model::Generator& generator,
                           store::StoryRecord record, const std::string& opening,
                           const WriteOptions& options);

/// The same without a model at hand: whether the opening fits its window shows at the first offer.
/// `record.model` is the caller's.
Result<store::StoryId> begin(store::Store& store, store::StoryRecord record,
                             const std::string& opening);

/// Goes on with the story from where it stands. Every choice is on disk before its event. Ends
/// after `steps`, at the end of the text (unless settings.ignore_end), when no candidate has a
/// word, or when stopped, which is not an error. Errors: the model's and the store's; what was
/// accepted stays.
Result<WritingDone> write(AtWork work, const WriteOptions& options, const EventSink& sink,
                          const std::stop_token& stop);

}  // namespace fabula::engine
