// SPDX-License-Identifier: 0BSD
// What the API tells of stories, as JSON (docs/formats/http.md). Each gives one line without a line
// break at its end.
#pragma once

#include "model/model.h"
#include "serve/story_feed.h"
#include "store/store.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fabula::serve {

/// A request with what its record does not say.
struct RequestView {
    store::RequestRecord record;
    std::optional<std::size_t> position;  // open ones before it when it was asked for
    std::size_t step = 0;                 // that it is for; 0: not known
};

/// A story with all that the page shows of it.
struct StoryView {
    store::Story story;
    std::uint64_t version = 0;
    store::NotesRecord notes;
    std::vector<store::RequestRecord> requests;  // all that are known, oldest first
};

/// The candidates of an offer as they stand on the desk: one that was drawn anew in the place of
/// that which it replaces, else behind the others.
std::vector<std::size_t> slots_of(const store::OfferRecord& offer,
                                  const std::vector<store::RequestRecord>& requests);

/// `standing` only in events: what is being written, and what was drawn ahead.
std::string story_as_json(const StoryView& view, const StoryFeed::Standing* standing = nullptr);
std::string summaries_as_json(const std::vector<store::StorySummary>& stories,
                              std::optional<store::StoryId> next);
std::string offer_as_json(const store::Story& story, const store::OfferRecord& offer,
                          const std::vector<std::size_t>& slots);
std::string passage_as_json(const store::PassageRecord& passage);
std::string rating_as_json(const store::RatingRecord& rating);
std::string notes_as_json(const store::NotesRecord& notes);
std::string request_as_json(const RequestView& request);

/// {"passage":{...} or null,"head":N}: the answer to a decision.
std::string standing_as_json(const store::PassageRecord* passage, story::PassageId head);
std::string head_as_json(story::PassageId head);

// Data of events.
std::string choice_event(const store::ChoiceRecord& choice, const store::PassageRecord* passage,
                         story::PassageId head);
std::string move_event(store::MoveKind kind, story::PassageId head);

struct StepView {
    store::RequestId request{};
    story::PassageId parent{};
    std::size_t step = 0;
    std::size_t number = 0;               // of the offer, at its parent
    std::optional<std::size_t> replaces;  // a redraw, in whose place
    std::vector<sample::Settings> settings;
    std::vector<std::size_t> indices;
    std::string policy;
};
std::string step_event(const StepView& step);
std::string text_event(store::RequestId request, std::size_t index, std::string_view text);
std::string candidate_event(store::RequestId request, store::OfferId offer,
                            const store::CandidateRecord& candidate);

/// What was drawn ahead for the case that candidate `index` of `offer` is taken and the same is
/// asked for again.
struct AheadView {
    store::OfferId offer{};
    std::size_t index = 0;
    std::string asked;               // body of the request
    std::vector<std::string> texts;  // of the candidates that would come
};
std::string ahead_event(const AheadView& ahead, const StepView& step);

struct HealthView {
    std::string version;
    double uptime_seconds = 0;
    std::string model;
    std::string store;  // "sqlite", "postgresql"
};
std::string health_as_json(const HealthView& health);

struct ModelView {
    model::ModelInfo info;
    bool is_chat = false;
};
std::string models_as_json(const std::vector<ModelView>& models);

struct PolicyHint {
    std::string name;
    std::string hint;
};
std::string policies_as_json(const std::vector<PolicyHint>& policies, const std::string& usual);

/// Settings picked against shown by step, copies along the text, speed.
std::string statistics_as_json(const StoryView& view);

/// What a request of the queue asked to replace, where it is a redraw that did.
std::optional<std::size_t> replaced_by(const store::RequestRecord& request);

}  // namespace fabula::serve
