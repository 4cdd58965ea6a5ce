// SPDX-License-Identifier: 0BSD
// What people decide: choices, words of their own, moves, ratings. The answer comes once it is on
// disk.
#include "engine/choose.h"
#include "engine/write.h"
#include "serve/api.h"
#include "serve/views.h"

#include <algorithm>
#include <utility>

namespace fabula::serve {
namespace {

const store::PassageRecord& passage_of(const store::Story& story, story::PassageId id) {
    return story.passages[static_cast<std::size_t>(id)];
}

// Runs `work` on the story of the request.
template <typename Work>
Response decide(Api& api, const Request& request, Work work) {
    const auto id = story_in(request);
    if (!id) return error_response(id.error());
    return with_story(api, *id, std::move(work));
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

Response choose_in(const HeldStory& held, const AskedChoice& asked, bool has_key) {
    auto& story = held.story;
    if (has_key && was_made(story, asked)) return standing(story);
    engine::Events nobody({});
    const auto passage = held.open.change_held(held.store, [&] {
        auto made = engine::choose(held.store, story, pick_of(asked), now(), nobody);
        if (!made) return made;
        const bool is_refusal = !asked.index && !asked.text;
        held.open.feed().publish(
            "choice", choice_event(story.choices.back(),
                                   is_refusal ? nullptr : &passage_of(story, *made), story.head()));
        return made;
    });
    if (!passage) return error_response(passage.error());
    return standing(story);
}

Response choose(Api& api, const Request& request) {
    const auto key = idempotency_key(request);
    if (!key) return error_response(key.error());
    const auto asked = asked_choice(request.body);
    if (!asked) return error_response(asked.error());
    if (const auto room = api.check_room(); !room) return no_room(room.error());
    if (asked->text) {
        const auto sound = engine::check_text("text", *asked->text);
        if (!sound) return error_response(sound.error());
    }
    return decide(api, request,
                  [&](const HeldStory& held) { return choose_in(held, *asked, !key->empty()); });
}

Response add_passage_in(const HeldStory& held, const AskedPassage& asked, bool has_key) {
    const auto& head = passage_of(held.story, held.story.head()).passage;
    const bool was_added =
        head.parent == asked.parent && head.text == asked.text && head.origin == asked.origin;
    if (has_key && was_added) return standing(held.story);
    const auto added = held.open.change_held(held.store, [&]() -> Result<store::PassageRecord> {
        const auto time = now();
        const auto id = held.store.add_passage(held.story.record.id, asked.parent, asked.origin,
                                               asked.text, time);
        if (!id) return id.error();
        store::PassageRecord record{*id, {asked.parent, asked.origin, asked.text}, {}, {}, time};
        held.open.feed().publish("passage", standing_as_json(&record, *id));
        return record;
    });
    if (!added) return error_response(added.error());
    return answer(standing_as_json(&*added, added->id), 201);
}

Response add_passage(Api& api, const Request& request) {
    const auto key = idempotency_key(request);
    if (!key) return error_response(key.error());
    const auto asked = asked_passage(request.body);
    if (!asked) return error_response(asked.error());
    if (const auto room = api.check_room(); !room) return no_room(room.error());
    const auto sound = engine::check_text("text", asked->text);
    if (!sound) return error_response(sound.error());
    return decide(api, request, [&](const HeldStory& held) {
        return add_passage_in(held, *asked, !key->empty());
    });
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
    return decide(api, request, [&](const HeldStory& held) {
        const auto to = goal_of(*asked, held.story);
        if (!to) return error_response(to.error());
        const auto kind = asked->is_undo ? store::MoveKind::undo : store::MoveKind::jump;
        const auto moved = held.open.change_held(held.store, [&] {
            auto done = held.store.move(held.story.record.id, kind, *to, now());
            if (done) held.open.feed().publish("move", move_event(kind, *to));
            return done;
        });
        if (!moved) return error_response(moved.error());
        return answer(head_as_json(*to));
    });
}

Response rate(Api& api, const Request& request) {
    const auto key = idempotency_key(request);
    if (!key) return error_response(key.error());
    const auto asked = asked_rating(request.body);
    if (!asked) return error_response(asked.error());
    store::RatingRecord rating;
    rating.offer = static_cast<store::OfferId>(asked->offer);
    rating.index = asked->index;
    rating.rating = asked->rating;
    rating.reason = asked->reason;
    rating.user = asked->user;
    rating.created = now();
    return decide(api, request, [&](const HeldStory& held) {
        const auto& offers = held.story.offers;
        const bool is_here = std::any_of(offers.begin(), offers.end(), [&](const auto& offer) {
            return offer.id == rating.offer;
        });
        if (!is_here) return error_response({ErrorCode::not_found, "this story has no such offer"});
        const auto kept = held.open.change_held(held.store, [&] {
            auto done = engine::rate(held.store, held.story, rating);
            if (done) held.open.feed().publish("rating", rating_as_json(rating));
            return done;
        });
        if (!kept) return error_response(kept.error());
        return answer(rating_as_json(rating), 201);
    });
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
    chosen.errors = {400, 404, 409, 507};
    add(router, api, std::move(chosen), choose);

    Route written{Method::post, "/api/v1/stories/{id}/passages", "addPassage",
                  "words of a person, behind any passage", "choices"};
    written.request_schema = "NewPassage";
    written.response_schema = "Standing";
    written.success = 201;
    written.errors = {400, 404, 507};
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
