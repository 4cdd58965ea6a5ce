// SPDX-License-Identifier: 0BSD
// The routes of /api/v1 (docs/formats/http.md), over the store, the feeds and the scribe.
#pragma once

#include "serve/feeds.h"
#include "serve/http.h"
#include "serve/metrics.h"
#include "serve/offering.h"
#include "serve/scribe.h"
#include "serve/store_pool.h"
#include "serve/views.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fabula::serve {

/// What belongs to modules above this one.
struct ApiOptions {
    OfferingOptions offering;
    std::string version;      // of Fabula
    std::string store_kind;   // "sqlite", "postgresql"
    bool is_chat = false;     // the model's chat template is used
    std::string system;       // line for chat models
    std::string instruction;  // what a story of a chat model answers unless it says
    std::vector<PolicyHint> policies;
    std::function<std::string()> presets;  // {"presets":[...]}
    std::function<Result<Unit>(const std::string& name, const std::string& settings)> save_preset;
    std::function<Result<Unit>(const std::string& name)> remove_preset;
    /// Settings by step: one step, or without a number the whole file.
    std::function<Result<std::string>(store::Store& store, std::optional<std::size_t> step)>
        step_settings;
    std::function<std::string(const store::Story&)> as_text;
    std::function<std::string(const store::Story&)> as_markdown;
    /// Whether there is room for more; null: there always is. Errors: exhausted.
    std::function<Result<Unit>()> check_room;
    std::size_t most_open_requests = 1000;
    std::size_t most_waiting_completions = 16;  // that hold a worker each
    std::size_t most_prompt_bytes = std::size_t{1} << 18;
    std::chrono::milliseconds heartbeat{15000};  // a comment for readers whose story rests
};

/// What the handlers work on; it outlives them.
struct Api {
    StorePool& stores;
    Feeds& feeds;
    Scribe& scribe;
    Metrics& metrics;
    ApiOptions options;
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
    std::atomic<std::size_t> n_waiting_completions{0};

    Result<Unit> check_room() const {
        return options.check_room ? options.check_room() : Result<Unit>(Unit{});
    }
};

/// Adds every route of the API. `api` must outlive the router.
void add_api(Router& router, Api& api);

void add_server_routes(Router& router, Api& api);
void add_story_routes(Router& router, Api& api);
void add_event_routes(Router& router, Api& api);
void add_offer_routes(Router& router, Api& api);
void add_choice_routes(Router& router, Api& api);

/// The whole state of a story. Errors: not_found; the store's.
Result<StoryView> view_of(store::Store& store, store::StoryId id);

/// Tells the readers of a story what another process did to it; call it about once a second.
void tell_news(Api& api);

/// A story as it is, that nobody in this process changes meanwhile.
struct HeldStory {
    store::Store& store;
    store::Story& story;
    OpenStory& open;
};

/// Answers with what `work` makes of the held story. A connection to the database is taken only
/// when the story is free, never the other way round: whoever holds one waits for no story, and
/// many who want one story do not keep all connections.
template <typename Work>
Response with_story(Api& api, store::StoryId id, Work work) {
    const auto open = api.feeds.at(id);
    return open->hold([&]() -> Response {
        const auto store = api.stores.take();
        if (!store) return error_response(store.error());
        auto story = (*store)->load(id);
        if (!story) {
            if (story.error().code == ErrorCode::not_found) api.feeds.remove(id);
            return error_response(story.error());
        }
        return work(HeldStory{**store, *story, *open});
    });
}

// For the handlers.
Result<std::int64_t> id_in(const Request& request, const char* name);
Result<store::StoryId> story_in(const Request& request);
/// The answer of a call that gave JSON, or its error.
Response answer(const Result<std::string>& json, int status = 200);
/// 507: nothing new is taken until somebody makes room.
Response no_room(const Error& error);
/// "" where there is none. Errors: invalid_input for one that is no key.
Result<std::string> idempotency_key(const Request& request);

}  // namespace fabula::serve
