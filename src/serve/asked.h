// SPDX-License-Identifier: 0BSD
// What the bodies of requests ask for (docs/formats/http.md), as values. Foreign bytes: bounded,
// every key known, every type right; what is wrong is named.
#pragma once

#include "base/result.h"
#include "story/tree.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::serve {

/// POST /api/v1/stories
struct AskedStory {
    std::string prompt;
    std::string title;
    std::optional<std::uint64_t> seed;
    std::string instruction;
};
Result<AskedStory> asked_story(std::string_view json);

/// POST /api/v1/stories/{id}/offers
struct AskedOffer {
    std::optional<std::size_t> candidates;  // 1 to 8
    std::string settings;                   // a JSON object, read by sample::settings_from_json
    std::string policy;                     // "" where none is named
    std::string preset;                     //
    std::optional<story::PassageId> parent;
    std::string user;
};
Result<AskedOffer> asked_offer(std::string_view json);

/// POST /api/v1/offers/{id}/candidates
struct AskedRedraw {
    std::optional<std::size_t> replaces;
    std::string settings;
    std::string policy;
    std::string preset;
    std::string user;
};
Result<AskedRedraw> asked_redraw(std::string_view json);

/// POST /api/v1/stories/{id}/choices
struct AskedChoice {
    std::int64_t offer = 0;
    std::optional<std::size_t> index;
    std::optional<std::string> text;
    std::string reason;
    std::string user;
    std::vector<std::size_t> shown;
    std::optional<double> seconds;
    std::optional<story::PassageId> head;
};
Result<AskedChoice> asked_choice(std::string_view json);

/// POST /api/v1/stories/{id}/passages
struct AskedPassage {
    story::PassageId parent{};
    std::string text;
    story::Origin origin = story::Origin::written;
};
Result<AskedPassage> asked_passage(std::string_view json);

/// POST /api/v1/stories/{id}/moves
struct AskedMove {
    bool is_undo = false;
    std::optional<story::PassageId> to;  // empty, for an undo: where it stood one step before
};
Result<AskedMove> asked_move(std::string_view json);

/// POST /api/v1/stories/{id}/ratings
struct AskedRating {
    std::int64_t offer = 0;
    std::size_t index = 0;
    int rating = 0;
    std::string reason;
    std::string user;
};
Result<AskedRating> asked_rating(std::string_view json);

/// PUT /api/v1/stories/{id}/notes
struct AskedNotes {
    std::string memory;
    std::string author_note;
};
Result<AskedNotes> asked_notes(std::string_view json);

/// PUT /api/v1/presets/{name}: the settings, a JSON object.
Result<std::string> asked_preset(std::string_view json);

}  // namespace fabula::serve
