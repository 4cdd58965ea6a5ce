// SPDX-License-Identifier: 0BSD
// Asking for candidates: what is asked for goes into the queue, and the answer is its place there.
#include "serve/api.h"
#include "serve/views.h"

#include <mutex>
#include <optional>
#include <utility>

namespace fabula::serve {
namespace {

// What is asked for now, behind those that were open before.
Response ask(Api& api, const HeldStory& held, const store::RequestRecord& asked) {
    const auto step = held.story.tree.step(asked.parent) + 1;
    const auto before = held.store.n_open_requests(asked.model);
    if (!before) return error_response(before.error());
    std::unique_lock queue(api.feeds.queue_mutex());
    const auto kept = held.open.change_held(held.store, [&] {
        auto record = held.store.add_request(asked, api.options.most_open_requests);
        if (record && record->state == store::RequestState::waiting)
            held.open.feed().publish("request", request_as_json({*record, *before, step}));
        return record;
    });
    queue.unlock();
    if (!kept && kept.error().code == ErrorCode::exhausted) {
        auto response = error_response(429, "exhausted", kept.error().message);
        response.headers.emplace_back("Retry-After", "5");
        return response;
    }
    if (!kept) return error_response(kept.error());
    api.scribe.wake();
    const bool is_waiting = kept->state == store::RequestState::waiting;
    return answer(
        request_as_json({*kept, is_waiting ? std::optional(*before) : std::nullopt, step}), 202);
}

// The request of that story that came with the same key, wherever the story stands by now.
Result<std::optional<store::RequestRecord>> asked_before(store::Store& store, store::StoryId story,
                                                         const std::string& key) {
    const auto requests = store.requests(story);
    if (!requests) return requests.error();
    for (const auto& each : *requests) {
        if (each.key == key && !each.redraw_of) return std::optional(each);
    }
    return std::optional<store::RequestRecord>();
}

Response ask_for_offer_in(Api& api, const HeldStory& held, const AskedOffer& asked,
                          store::RequestRecord record) {
    if (!record.key.empty()) {
        const auto before = asked_before(held.store, record.story, record.key);
        if (!before) return error_response(before.error());
        if (*before && (*before)->body == record.body)
            return answer(request_as_json({**before, std::nullopt, 0}), 202);
    }
    if (const auto room = api.check_room(); !room) return no_room(room.error());
    record.parent = held.story.head();
    if (asked.parent && *asked.parent != record.parent)
        return error_response(
            {ErrorCode::conflict, "the story stands at passage " +
                                      std::to_string(static_cast<std::uint32_t>(record.parent)) +
                                      " by now: look at it again"});
    return ask(api, held, record);
}

store::RequestRecord request_of(const Api& api, store::StoryId story, std::string key,
                                std::string body) {
    store::RequestRecord record;
    record.story = story;
    record.key = std::move(key);
    record.model = api.scribe.info().name;
    record.body = std::move(body);
    record.created = now();
    return record;
}

Response ask_for_offer(Api& api, const Request& request) {
    const auto id = story_in(request);
    const auto key = idempotency_key(request);
    if (!id || !key) return error_response(!id ? id.error() : key.error());
    const std::string body = request.body.empty() ? "{}" : request.body;
    const auto asked = asked_offer(body);
    if (!asked) return error_response(asked.error());
    const auto offering = offering_of(*asked, api.options.offering);
    if (!offering) return error_response(offering.error());
    auto record = request_of(api, *id, *key, body);
    record.user = asked->user;
    return with_story(api, *id, [&](const HeldStory& held) {
        return ask_for_offer_in(api, held, *asked, std::move(record));
    });
}

Result<store::StoryId> story_of(Api& api, store::OfferId offer) {
    const auto store = api.stores.take();
    if (!store) return store.error();
    return (*store)->story_of(offer);
}

Response ask_for_candidate(Api& api, const Request& request) {
    const auto number = id_in(request, "offer");
    const auto key = idempotency_key(request);
    if (!number || !key) return error_response(!number ? number.error() : key.error());
    const auto offer = static_cast<store::OfferId>(*number);
    const std::string body = request.body.empty() ? "{}" : request.body;
    const auto asked = asked_redraw(body);
    if (!asked) return error_response(asked.error());
    const auto offering = offering_of(*asked, api.options.offering);
    if (!offering) return error_response(offering.error());
    if (const auto room = api.check_room(); !room) return no_room(room.error());
    const auto id = story_of(api, offer);
    if (!id) return error_response(id.error());
    auto record = request_of(api, *id, *key, body);
    record.redraw_of = offer;
    record.user = asked->user;
    return with_story(api, *id, [&](const HeldStory& held) {
        for (const auto& each : held.story.offers) {
            if (each.id == offer) record.parent = each.parent;
        }
        return ask(api, held, record);
    });
}

Result<store::RequestId> request_in(const Request& request) {
    const auto id = id_in(request, "id");
    if (!id) return id.error();
    return static_cast<store::RequestId>(*id);
}

Response get_request(Api& api, const Request& request) {
    const auto id = request_in(request);
    if (!id) return error_response(id.error());
    const auto store = api.stores.take();
    if (!store) return error_response(store.error());
    const auto record = (*store)->request(*id);
    if (!record) return error_response(record.error());
    return answer(request_as_json({*record, std::nullopt, 0}));
}

Result<store::StoryId> story_asked_for(Api& api, store::RequestId request) {
    const auto store = api.stores.take();
    if (!store) return store.error();
    const auto found = (*store)->request(request);
    if (!found) return found.error();
    return found->story;
}

Response stop_request(Api& api, const Request& request) {
    const auto id = request_in(request);
    if (!id) return error_response(id.error());
    // One that is drawn here ends by itself, and keeps what is written.
    if (api.scribe.stop_drawing(*id)) return get_request(api, request);
    const auto story = story_asked_for(api, *id);
    if (!story) return error_response(story.error());
    return with_story(api, *story, [&](const HeldStory& held) {
        const auto cancelled = held.open.change_held(held.store, [&] {
            auto done = held.store.cancel_request(*id, now());
            const auto after = held.store.request(*id);
            if (done && after && after->state == store::RequestState::cancelled)
                held.open.feed().publish("request", request_as_json({*after, std::nullopt, 0}));
            return done;
        });
        if (!cancelled) return error_response(cancelled.error());
        const auto record = held.store.request(*id);
        if (!record) return error_response(record.error());
        return answer(request_as_json({*record, std::nullopt, 0}));
    });
}

using Handler = Response (*)(Api&, const Request&);

void add(Router& router, Api& api, Route route, Handler handler) {
    route.tag = "offers";
    route.response_schema = "Request";
    route.handler = [&api, handler](const Request& request) { return handler(api, request); };
    router.add(std::move(route));
}

}  // namespace

void add_offer_routes(Router& router, Api& api) {
    Route offer{Method::post, "/api/v1/stories/{id}/offers", "askForOffer",
                "asks for candidates where the story stands", "offers"};
    offer.request_schema = "NewOffer";
    offer.success = 202;
    offer.errors = {400, 404, 409, 429, 507};
    add(router, api, std::move(offer), ask_for_offer);

    Route again{Method::post, "/api/v1/offers/{offer}/candidates", "askForCandidate",
                "asks for one more candidate of an offer", "offers"};
    again.request_schema = "NewCandidate";
    again.success = 202;
    again.errors = {400, 404, 409, 429, 507};
    add(router, api, std::move(again), ask_for_candidate);

    Route one{Method::get, "/api/v1/requests/{id}", "readRequest", "what became of a request",
              "offers"};
    one.errors = {404};
    add(router, api, std::move(one), get_request);

    Route stopped{Method::remove, "/api/v1/requests/{id}", "stopRequest",
                  "stops a request; what is written is kept", "offers"};
    stopped.errors = {404};
    add(router, api, std::move(stopped), stop_request);
}

}  // namespace fabula::serve
