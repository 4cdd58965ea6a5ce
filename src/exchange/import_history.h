// SPDX-License-Identifier: 0BSD
// A document of somebody else's data as a history: a story with the offers that were made in it, in
// the order of the data, nothing joined yet. What is wrong with a part is kept beside the part.
// Pure functions.
#pragma once

#include "exchange/import_map.h"
#include "store/store.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace fabula::exchange {

/// One offer as it stands in the data.
struct ForeignOffer {
    std::size_t line = 1;
    std::string place;                 // "story 5f2c..., step 3"
    std::optional<std::int64_t> step;  // its number there
    std::string parent;                // as FieldMap::parent, "" where the data have no such thing
    std::string number;                // as FieldMap::offer
    std::string input;                 // what the model was given; "" where it is not known
    store::OfferRecord record;         // candidates by ascending index from 0; neither id nor place
    std::vector<double> positions;     // of the candidates on the screen; empty: not known
    std::optional<std::size_t> picked;
    /// chooser, reason, user and seconds of the choice.
    store::ChoiceRecord choice;
    std::optional<Timestamp> created;
    /// Why it cannot be kept, kind and words ("" where it can): the texts are sound all the same.
    std::string fault_kind;
    std::string fault;
};

struct ForeignStory {
    std::size_t line = 1;
    std::string place;   // "story 5f2c..."
    std::string source;  // as StoryRecord::source
    std::string prompt;  // "" where the data have none
    std::string title;
    std::uint64_t seed = 0;
    std::string model;
    std::optional<Timestamp> created;
    std::vector<ForeignOffer> offers;
};

constexpr std::size_t most_candidates = 4096;  // of an offer
constexpr std::size_t most_offers = 4096;      // of a story
constexpr std::int64_t most_step = 1'000'000;  // a number beyond it numbers no step

/// The story that `document` is, with its steps. Errors: invalid_input where there is no list of
/// steps.
Result<ForeignStory> story_from(const Value& document, const FieldMap& map, std::size_t line);

/// An offer, or one candidate of it, that a document is by itself.
struct ForeignRow {
    ForeignStory story;  // without offers
    std::string story_key;
    ForeignOffer offer;
};
/// Errors: invalid_input where it does not say of which story it is.
Result<ForeignRow> row_from(const Value& document, const FieldMap& map, std::size_t line);

/// Names the story for StoryRecord::source, once its prompt is known (or the first input):
/// "import:ID" for an id that is unique by its making (24 or 32 hexadecimal digits, a UUID),
/// "import:ID@HASH" with a hash of prompt and seed for any other, "import:sha256:HASH" of
/// prompt, seed and candidates without one. `id`: "" for none.
std::string source_of(const ForeignStory& story, const std::string& id);

}  // namespace fabula::exchange
