// SPDX-License-Identifier: 0BSD
// What people decide: choices, words of their own, moves, ratings. The answer comes once it is on
// disk.
#include "engine/choose.h"
#include "engine/write.h"
#include "serve/api.h"
#include "serve/views.h"

#include <algorithm>

namespace fabula::serve {
namespace {

const store::PassageRecord& passage_of(const store::Story& story, story::PassageId id) {
    return story.passages[static_cast<std::size_t>(id)];
}

/// What a handler has: a story as it was when the request came, and where to tell of changes.
struct Opened {
    StorePool::Lease store;
    store::Story story;
    std::shared_ptr<OpenStory> open;
};

Result<Opened> open_story(Api& api, const Request& request) {
    const auto id = story_in(request);
    if (!id) return id.error();
    auto store = api.stores.take();
    if (!store) return store.error();
    auto story = (*store)->load(*id);
    if (!story) return story.error();
    return Opened{*std::move(store), *std::move(story), api.feeds.at(*id)};
}

// Whether the last thing that happened to the story is this decision already: its answer was lost
// on the way, and it is asked for again.
bool was_made(const store::Story& story, const AskedChoice& asked) {
    const store::ChoiceRecord* last = nullptr;
    for (const auto& choice : story.choices) {
        if (choice.offer == static_cast<store::OfferId>(asked.offer)) last = &choice;
    }
    if (last == nullptr || last->index != asked.index || last->user != asked.user) return false;
    if (!asked.index && !asked.text) return last->passage == story.head();
    if (story.head() != last->passage) return false;
    const auto& passage = passage_of(story, last->passage).passage;
    if (asked.head && passage.parent != *asked.head) return false;
    return !asked.text || passage.text == *asked.text;
}

engine::Pick pick_of(const AskedChoice& asked) {
    engine::Pick pick;
    pick.offer = static_cast<store::OfferId>(asked.offer);
    pick.index = asked.index;
    pick.chooser = "person";
    pick.reason = asked.reason;
    pick.head = asked.head;
    pick.words = asked.text;
    pick.user = asked.user;
    pick.shown = asked.shown;
    pick.seconds = asked.seconds;
    return pick;
}

Response standing(const store::Story& story, int status = 201) {
    return answer(standing_as_json(&passage_of(story, story.head()), story.head()), status);
}

Response choose(Api& api, const Request& request) {
    const auto key = idempotency_key(request);
    if (!key) return error_response(key.error());
    const auto asked = asked_choice(request.body);
    if (!asked) return error_response(asked.error());
    auto opened = open_story(api, request);
    if (!opened) return error_response(opened.error());
    auto& store = opened->store;
    auto& story = opened->story;
    const auto& open = opened->open;
    if (!key->empty() && was_made(story, *asked)) return standing(story);
    if (asked->text) {
        const auto sound = engine::check_text("text", *asked->text);
        if (!sound) return error_response(sound.error());
    }
    engine::Events nobody({});
    const auto passage = open->change(*store, [&] {
        auto made = engine::choose(*store, story, pick_of(*asked), now(), nobody);
        if (!made) return made;
        const bool is_refusal = !asked->index && !asked->text;
        open->feed().publish(
            "choice", choice_event(story.choices.back(),
                                   is_refusal ? nullptr : &passage_of(story, *made), story.head()));
        return made;
    });
    if (!passage) return error_response(passage.error());
    return standing(story);
}

Response add_passage(Api& api, const Request& request) {
    const auto key = idempotency_key(request);
    if (!key) return error_response(key.error());
    const auto asked = asked_passage(request.body);
    if (!asked) return error_response(asked.error());
    const auto sound = engine::check_text("text", asked->text);
    if (!sound) return error_response(sound.error());
    auto opened = open_story(api, request);
    if (!opened) return error_response(opened.error());
    auto& store = opened->store;
    auto& story = opened->story;
    const auto& open = opened->open;
    const auto& head = passage_of(story, story.head()).passage;
    const bool was_added =
        head.parent == asked->parent && head.text == asked->text && head.origin == asked->origin;
    if (!key->empty() && was_added) return standing(story);
    const auto added = open->change(*store, [&]() -> Result<store::PassageRecord> {
        const auto time = now();
        const auto id =
            store->add_passage(story.record.id, asked->parent, asked->origin, asked->text, time);
        if (!id) return id.error();
        store::PassageRecord record{*id, {asked->parent, asked->origin, asked->text}, {}, {}, time};
        auto data = standing_as_json(&record, *id);
        open->feed().publish("passage", std::move(data));
        return record;
    });
    if (!added) return error_response(added.error());
    return answer(standing_as_json(&*added, added->id), 201);
}

// An undo goes one passage back unless it says where to.
Result<story::PassageId> goal_of(const AskedMove& asked, const store::Story& story) {
    if (asked.to) return *asked.to;
    const auto head = story.head();
    if (head == story::PassageId::root)
        return Error{ErrorCode::conflict,
                     "the story stands at its opening: there is nothing to undo"};
    return passage_of(story, head).passage.parent;
}

Response move(Api& api, const Request& request) {
    const auto asked = asked_move(request.body);
    if (!asked) return error_response(asked.error());
    auto opened = open_story(api, request);
    if (!opened) return error_response(opened.error());
    auto& store = opened->store;
    const auto& open = opened->open;
    const auto to = goal_of(*asked, opened->story);
    if (!to) return error_response(to.error());
    const auto kind = asked->is_undo ? store::MoveKind::undo : store::MoveKind::jump;
    const auto moved = open->change(*store, [&] {
        auto done = store->move(opened->story.record.id, kind, *to, now());
        if (done) open->feed().publish("move", move_event(kind, *to));
        return done;
    });
    if (!moved) return error_response(moved.error());
    return answer(head_as_json(*to));
}

Response rate(Api& api, const Request& request) {
    const auto key = idempotency_key(request);
    if (!key) return error_response(key.error());
    const auto asked = asked_rating(request.body);
    if (!asked) return error_response(asked.error());
    auto opened = open_story(api, request);
    if (!opened) return error_response(opened.error());
    auto& store = opened->store;
    auto& story = opened->story;
    const auto& open = opened->open;
    store::RatingRecord rating;
    rating.offer = static_cast<store::OfferId>(asked->offer);
    rating.index = asked->index;
    rating.rating = asked->rating;
    rating.reason = asked->reason;
    rating.user = asked->user;
    rating.created = now();
    const bool is_here = std::any_of(story.offers.begin(), story.offers.end(),
                                     [&](const auto& offer) { return offer.id == rating.offer; });
    if (!is_here) return error_response({ErrorCode::not_found, "this story has no such offer"});
    const auto kept = open->change(*store, [&] {
        auto done = engine::rate(*store, story, rating);
        if (done) open->feed().publish("rating", rating_as_json(rating));
        return done;
    });
    if (!kept) return error_response(kept.error());
    return answer(rating_as_json(rating), 201);
}

using Handler = Response (*)(Api&, const Request&);

void add(Router& router, Api& api, Route route, Handler handler) {
    route.method = Method::post;
    route.tag = "choices";
    route.handler = [&api, handler](const Request& request) { return handler(api, request); };
    router.add(std::move(route));
}

}  // namespace

void add_choice_routes(Router& router, Api& api) {
    Route chosen{Method::post, "/api/v1/stories/{id}/choices", "choose",
                 "takes a candidate, as it is or edited, writes in place of all, or refuses all",
                 "choices"};
    chosen.request_schema = "NewChoice";
    chosen.response_schema = "Standing";
    chosen.success = 201;
    chosen.errors = {400, 404, 409};
    add(router, api, std::move(chosen), choose);

    Route written{Method::post, "/api/v1/stories/{id}/passages", "addPassage",
                  "words of a person, behind any passage", "choices"};
    written.request_schema = "NewPassage";
    written.response_schema = "Standing";
    written.success = 201;
    written.errors = {400, 404};
    add(router, api, std::move(written), add_passage);

    Route moved{Method::post, "/api/v1/stories/{id}/moves", "move",
                "goes back or to any other passage", "choices"};
    moved.request_schema = "NewMove";
    moved.response_schema = "Head";
    moved.errors = {400, 404, 409};
    add(router, api, std::move(moved), move);

    Route rated{Method::post, "/api/v1/stories/{id}/ratings", "rate",
                "what somebody thinks of a candidate", "choices"};
    rated.request_schema = "NewRating";
    rated.response_schema = "Rating";
    rated.success = 201;
    rated.errors = {400, 404};
    add(router, api, std::move(rated), rate);
}

}  // namespace fabula::serve
