// SPDX-License-Identifier: 0BSD
// Stories as a whole: the list, a new one, one, its export, its figures, its notes.
#include "engine/write.h"
#include "serve/api.h"
#include "serve/views.h"
#include "store/story_json.h"

#include <algorithm>
#include <charconv>
#include <random>
#include <unordered_set>

namespace fabula::serve {
namespace {

constexpr std::size_t most_listed = 200;

Result<std::size_t> number_in(const Request& request, const char* name, std::size_t otherwise) {
    const auto found = request.query.find(name);
    if (found == request.query.end()) return otherwise;
    std::size_t number = 0;
    const char* const end = found->second.data() + found->second.size();
    const auto [rest, code] = std::from_chars(found->second.data(), end, number);
    if (code != std::errc{} || rest != end || found->second.empty())
        return Error{ErrorCode::invalid_input, std::string(name) + " is no whole number"};
    return number;
}

// The newest change first.
Result<std::vector<store::StorySummary>> found_stories(store::Store& store,
                                                       const std::string& words) {
    auto stories = store.list();
    if (!stories) return stories;
    if (!words.empty()) {
        const auto ids = store.stories_with(words);
        if (!ids) return ids.error();
        const std::unordered_set<store::StoryId> found(ids->begin(), ids->end());
        std::erase_if(*stories, [&](const auto& each) { return !found.contains(each.record.id); });
    }
    std::sort(stories->begin(), stories->end(), [](const auto& a, const auto& b) {
        return std::pair(a.changed, a.record.id) > std::pair(b.changed, b.record.id);
    });
    return stories;
}

Response list(Api& api, const Request& request) {
    const auto limit = number_in(request, "limit", 50);
    const auto before = number_in(request, "before", 0);
    if (!limit || !before) return error_response(!limit ? limit.error() : before.error());
    const auto words = request.query.find("q");
    const auto store = api.stores.take();
    if (!store) return error_response(store.error());
    const auto stories = found_stories(**store, words == request.query.end() ? "" : words->second);
    if (!stories) return error_response(stories.error());
    auto begin = stories->begin();
    if (*before > 0) {
        begin = std::find_if(stories->begin(), stories->end(), [&](const auto& each) {
            return static_cast<std::size_t>(each.record.id) == *before;
        });
        if (begin != stories->end()) ++begin;
    }
    const auto most = static_cast<std::ptrdiff_t>(std::clamp<std::size_t>(*limit, 1, most_listed));
    const auto end = begin + std::min(most, stories->end() - begin);
    const std::vector<store::StorySummary> page(begin, end);
    std::optional<store::StoryId> next;
    if (end != stories->end()) next = page.back().record.id;
    return answer(summaries_as_json(page, next));
}

std::uint64_t any_seed() {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 16U) ^ device();
}

Response story_answer(store::Store& store, store::StoryId id, int status) {
    const auto view = view_of(store, id);
    if (!view) return error_response(view.error());
    return answer(story_as_json(*view), status);
}

Result<store::StoryRecord> record_of(const Api& api, const AskedStory& asked) {
    store::StoryRecord record;
    record.title = asked.title;
    record.created = now();
    record.seed = asked.seed ? *asked.seed : any_seed();
    record.model = api.scribe.info().name;
    if (api.options.is_chat) {
        record.system = api.options.system;
        record.instruction =
            asked.instruction.empty() ? api.options.instruction : asked.instruction;
    } else if (!asked.instruction.empty()) {
        return Error{ErrorCode::invalid_input, "instruction is for chat models, and model '" +
                                                   record.model +
                                                   "' has no chat template in use: leave it out"};
    }
    return record;
}

Response create(Api& api, const Request& request) {
    const auto key = idempotency_key(request);
    if (!key) return error_response(key.error());
    const auto asked = asked_story(request.body);
    if (!asked) return error_response(asked.error());
    if (asked->prompt.size() > api.options.most_prompt_bytes)
        return error_response(413, "too_large",
                              "the prompt is longer than " +
                                  std::to_string(api.options.most_prompt_bytes) +
                                  " bytes: begin with less of it");
    if (const auto room = api.check_room(); !room) return no_room(room.error());
    auto record = record_of(api, *asked);
    if (!record) return error_response(record.error());
    if (!key->empty()) record->source = "http:" + *key;
    const auto store = api.stores.take();
    if (!store) return error_response(store.error());
    auto id = engine::begin(**store, *record, asked->prompt);
    if (!id && id.error().code == ErrorCode::conflict && !key->empty()) {
        // It was begun already, and the answer did not arrive.
        const auto found = (*store)->story_from(record->source);
        if (!found || !*found) return error_response(id.error());
        const auto before = (*store)->load(**found);
        if (!before) return error_response(before.error());
        if (before->tree.at(story::PassageId::root).text != asked->prompt ||
            (!asked->title.empty() && before->record.title != asked->title))
            return error_response(
                {ErrorCode::conflict, "Idempotency-Key: another story was begun under this name"});
        id = **found;
    }
    if (!id) return error_response(id.error());
    return story_answer(**store, *id, 201);
}

Response get(Api& api, const Request& request) {
    const auto id = story_in(request);
    if (!id) return error_response(id.error());
    const auto store = api.stores.take();
    if (!store) return error_response(store.error());
    return story_answer(**store, *id, 200);
}

Response remove(Api& api, const Request& request) {
    const auto id = story_in(request);
    if (!id) return error_response(id.error());
    const auto store = api.stores.take();
    if (!store) return error_response(store.error());
    const auto open = (*store)->requests(*id);
    if (open) {
        for (const auto& each : *open)
            api.scribe.stop_drawing(each.id);
    }
    const auto removed = (*store)->remove(*id);
    if (!removed && removed.error().code != ErrorCode::unavailable)
        return error_response(removed.error());
    api.feeds.at(*id)->feed().publish("removed", "{}");
    api.feeds.remove(*id);
    if (!removed) return error_response(removed.error());
    Response response;
    response.status = 204;
    return response;
}

// A name for a file that no file system takes for something else.
std::string file_name(const store::Story& story, const char* ending) {
    std::string name;
    for (const char c : story.record.title) {
        const bool is_plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (is_plain)
            name += c;
        else if (!name.empty() && name.back() != '-')
            name += '-';
        if (name.size() >= 40) break;
    }
    while (!name.empty() && name.back() == '-')
        name.pop_back();
    if (name.empty()) name = "story-" + std::to_string(static_cast<std::int64_t>(story.record.id));
    return name + ending;
}

Response export_story(Api& api, const Request& request) {
    const auto id = story_in(request);
    if (!id) return error_response(id.error());
    const auto asked = request.query.find("format");
    const std::string format = asked == request.query.end() ? "text" : asked->second;
    const auto store = api.stores.take();
    if (!store) return error_response(store.error());
    const auto story = (*store)->load(*id);
    if (!story) return error_response(story.error());
    Response response;
    const char* ending = ".txt";
    if (format == "text") {
        response.content_type = "text/plain; charset=utf-8";
        response.body = api.options.as_text(*story);
    } else if (format == "markdown") {
        response.content_type = "text/markdown; charset=utf-8";
        response.body = api.options.as_markdown(*story);
        ending = ".md";
    } else if (format == "json") {
        response.body = store::to_json(*story);
        ending = ".json";
    } else {
        return error_response(
            {ErrorCode::invalid_input, "format is text, markdown or json, not '" + format + "'"});
    }
    response.headers.emplace_back("Content-Disposition",
                                  "attachment; filename=\"" + file_name(*story, ending) + "\"");
    return response;
}

Response statistics(Api& api, const Request& request) {
    const auto id = story_in(request);
    if (!id) return error_response(id.error());
    const auto store = api.stores.take();
    if (!store) return error_response(store.error());
    const auto view = view_of(**store, *id);
    if (!view) return error_response(view.error());
    return answer(statistics_as_json(*view));
}

Response set_notes(Api& api, const Request& request) {
    const auto id = story_in(request);
    if (!id) return error_response(id.error());
    const auto asked = asked_notes(request.body);
    if (!asked) return error_response(asked.error());
    const store::NotesRecord notes{asked->memory, asked->author_note, now()};
    return with_story(api, *id, [&](const HeldStory& held) {
        const auto kept = held.open.change_held(held.store, [&] {
            auto done = held.store.set_notes(*id, notes);
            if (done) {
                held.open.feed().publish("notes", notes_as_json(notes));
                held.open.feed().clear_ahead();  // it was drawn with other notes
            }
            return done;
        });
        if (!kept) return error_response(kept.error());
        return answer(notes_as_json(notes));
    });
}

using Handler = Response (*)(Api&, const Request&);

void add(Router& router, Api& api, Route route, Handler handler) {
    route.tag = "stories";
    route.handler = [&api, handler](const Request& request) { return handler(api, request); };
    router.add(std::move(route));
}

}  // namespace

void add_story_routes(Router& router, Api& api) {
    Route listed{Method::get, "/api/v1/stories", "listStories", "the stories, newest change first",
                 "stories"};
    listed.query = {
        {"q", "words in title or text", R"({"type":"string"})"},
        {"limit", "most of them, at most 200", R"({"type":"integer","minimum":1,"default":50})"},
        {"before", "those behind this one in the list", R"({"type":"integer","minimum":1})"}};
    listed.response_schema = "StoryList";
    listed.errors = {400};
    add(router, api, std::move(listed), list);

    Route begun{Method::post, "/api/v1/stories", "beginStory", "begins a story", "stories"};
    begun.request_schema = "NewStory";
    begun.response_schema = "Story";
    begun.success = 201;
    begun.errors = {400, 409, 413, 507};
    add(router, api, std::move(begun), create);

    Route one{Method::get, "/api/v1/stories/{id}", "readStory",
              "a story with all that is kept of it", "stories"};
    one.response_schema = "Story";
    one.errors = {404};
    add(router, api, std::move(one), get);

    Route removed{Method::remove, "/api/v1/stories/{id}", "removeStory",
                  "removes a story, for good", "stories"};
    removed.success = 204;
    removed.errors = {404, 503};
    add(router, api, std::move(removed), remove);

    Route exported{Method::get, "/api/v1/stories/{id}/export", "exportStory", "a story as a file",
                   "stories"};
    exported.query = {{"format", "text", R"({"type":"string","enum":["text","markdown","json"]})"}};
    exported.content_type = "text/plain";
    exported.errors = {400, 404};
    add(router, api, std::move(exported), export_story);

    Route figures{Method::get, "/api/v1/stories/{id}/statistics", "storyStatistics",
                  "settings picked against shown, copies, speed", "stories"};
    figures.response_schema = "Statistics";
    figures.errors = {404};
    add(router, api, std::move(figures), statistics);

    Route noted{Method::put, "/api/v1/stories/{id}/notes", "setNotes", "what the model should know",
                "stories"};
    noted.request_schema = "Notes";
    noted.response_schema = "Notes";
    noted.errors = {400, 404};
    add(router, api, std::move(noted), set_notes);
}

}  // namespace fabula::serve
