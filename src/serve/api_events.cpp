// SPDX-License-Identifier: 0BSD
// The events of a story, as a stream that a reader can take up again where it was cut.
#include "serve/api.h"
#include "serve/views.h"

namespace fabula::serve {
namespace {

// What a reader that was not here before, or too long ago, is told first: the state and the number
// behind which the events go on.
struct Beginning {
    std::string frame;
    std::uint64_t number = 0;
};

Result<Beginning> beginning_of(Api& api, OpenStory& open) {
    // The number first: what happens while the story is read is told again as an event.
    const auto standing = open.feed().standing();
    const auto store = api.stores.take();
    if (!store) return store.error();
    const auto view = view_of(**store, open.id());
    if (!view) return view.error();
    if (open.feed().n_readers() <= 1) open.has_told(view->version);
    const FeedEvent event{standing.newest, "story", story_as_json(*view, &standing)};
    return Beginning{event_frame(open.feed().epoch(), event), standing.newest};
}

class EventStream {
public:
    EventStream(Api& api, std::shared_ptr<OpenStory> open, std::optional<EventId> last)
        : api_(api), open_(std::move(open)), reader_(open_->shared_feed()) {
        const auto& feed = open_->feed();
        if (last && last->epoch == feed.epoch() && feed.after(last->number, {}, 1))
            number_ = last->number;
    }

    void write(Stream& stream) {
        using Clock = std::chrono::steady_clock;
        auto written = Clock::now();
        while (stream.is_open() && !open_->feed().is_closed()) {
            if (!number_) {
                if (!begin(stream)) return;
                written = Clock::now();
            }
            const auto events = open_->feed().after(*number_, std::chrono::seconds(1));
            if (!events) {  // this reader was too slow for what is kept
                number_.reset();
                continue;
            }
            std::string frames;
            for (const auto& event : *events)
                frames += event_frame(open_->feed().epoch(), event);
            if (!events->empty()) number_ = events->back().number;
            if (frames.empty() && Clock::now() - written >= api_.options.heartbeat)
                frames = ": here\n\n";
            if (frames.empty()) continue;
            if (!stream.write(frames)) return;
            written = Clock::now();
        }
        finish(stream);
    }

private:
    bool begin(Stream& stream) {
        const auto beginning = beginning_of(api_, *open_);
        if (!beginning) return false;
        number_ = beginning->number;
        return stream.write("retry: 1000\n" + beginning->frame);
    }

    // What was told before the feed was closed, and that it is over.
    void finish(Stream& stream) {
        std::string frames;
        if (number_) {
            const auto events = open_->feed().after(*number_, {});
            if (events) {
                for (const auto& event : *events)
                    frames += event_frame(open_->feed().epoch(), event);
            }
        }
        stream.write(frames + "event: bye\ndata: {}\n\n");
    }

    Api& api_;
    std::shared_ptr<OpenStory> open_;
    StoryFeed::Reader reader_;
    std::optional<std::uint64_t> number_;
};

Response events(Api& api, const Request& request) {
    const auto id = story_in(request);
    if (!id) return error_response(id.error());
    {
        const auto store = api.stores.take();
        if (!store) return error_response(store.error());
        const auto version = (*store)->version(*id);
        if (!version) return error_response(version.error());
    }
    auto last = request.header("last-event-id");
    const auto asked = request.query.find("last_event_id");
    if (last.empty() && asked != request.query.end()) last = asked->second;
    auto stream = std::make_shared<EventStream>(api, api.feeds.at(*id), parse_event_id(last));
    Response response;
    response.content_type = "text/event-stream";
    response.stream = [stream](Stream& out) { stream->write(out); };
    return response;
}

}  // namespace

void add_event_routes(Router& router, Api& api) {
    Route route;
    route.path = "/api/v1/stories/{id}/events";
    route.name = "readEvents";
    route.summary = "the events of a story, as they happen";
    route.tag = "stories";
    route.query = {{"last_event_id", "go on behind this event", R"({"type":"string"})"}};
    route.content_type = "text/event-stream";
    route.errors = {404, 429};
    route.handler = [&api](const Request& request) { return events(api, request); };
    router.add(std::move(route));
}

}  // namespace fabula::serve
