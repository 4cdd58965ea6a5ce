// SPDX-License-Identifier: 0BSD
#include "serve/api.h"

#include "serve/views.h"

#include <algorithm>
#include <charconv>

namespace fabula::serve {

Result<std::int64_t> id_in(const Request& request, const char* name) {
    const auto found = request.path_parameters.find(name);
    const std::string digits = found == request.path_parameters.end() ? "" : found->second;
    std::int64_t id = 0;
    const char* const end = digits.data() + digits.size();
    const auto [rest, code] = std::from_chars(digits.data(), end, id);
    if (code != std::errc{} || rest != end || digits.empty() || id < 1)
        return Error{ErrorCode::not_found,
                     std::string("there is no such ") + name + ": a number is wanted"};
    return id;
}

Result<store::StoryId> story_in(const Request& request) {
    const auto id = id_in(request, "id");
    if (!id) return id.error();
    return static_cast<store::StoryId>(*id);
}

Response answer(const Result<std::string>& json, int status) {
    if (!json) return error_response(json.error());
    Response response;
    response.status = status;
    response.body = *json;
    return response;
}

Result<std::string> idempotency_key(const Request& request) {
    const auto key = request.header("idempotency-key");
    const bool is_visible =
        std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < '\x7F'; });
    if (key.size() > 100 || !is_visible)
        return Error{ErrorCode::invalid_input,
                     "Idempotency-Key: 1 to 100 visible characters of ASCII are wanted"};
    return key;
}

Result<StoryView> view_of(store::Store& store, store::StoryId id) {
    // Before the rest: what happens meanwhile is told again, and nothing is left out.
    const auto version = store.version(id);
    if (!version) return version.error();
    auto story = store.load(id);
    if (!story) return story.error();
    auto notes = store.notes(id);
    if (!notes) return notes.error();
    auto requests = store.requests(id);
    if (!requests) return requests.error();
    return StoryView{*std::move(story), *version, *std::move(notes), *std::move(requests)};
}

Response no_room(const Error& error) {
    return error_response(507, "exhausted", error.message);
}

namespace {

/// The version that the database has, 0 for a story that is gone.
Result<std::uint64_t> version_of(Api& api, store::StoryId id) {
    const auto store = api.stores.take();
    if (!store) return store.error();
    auto version = (*store)->version(id);
    if (!version && version.error().code == ErrorCode::not_found) return std::uint64_t{0};
    return version;
}

// What happens here meanwhile is told after it, or is in it.
void tell_whole(Api& api, OpenStory& open) {
    open.hold([&] {
        const auto store = api.stores.take();
        if (!store) return;
        const auto view = view_of(**store, open.id());
        if (!view) return;
        open.feed().publish_standing("story", [&](const StoryFeed::Standing& standing) {
            return story_as_json(*view, &standing);
        });
        open.has_told(view->version);
    });
}

}  // namespace

void tell_news(Api& api) {
    for (const auto& open : api.feeds.all()) {
        if (open->feed().n_readers() == 0) continue;
        const auto version = version_of(api, open->id());
        if (!version) return;
        if (*version == 0) {
            open->feed().publish("removed", "{}");
            api.feeds.remove(open->id());
        } else if (open->is_news(*version)) {
            tell_whole(api, *open);
        }
    }
    api.feeds.close_idle(std::chrono::minutes(10));
}

void add_api(Router& router, Api& api) {
    add_server_routes(router, api);
    add_story_routes(router, api);
    add_event_routes(router, api);
    add_offer_routes(router, api);
    add_choice_routes(router, api);
}

}  // namespace fabula::serve
