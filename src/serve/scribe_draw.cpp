// SPDX-License-Identifier: 0BSD
// How the scribe draws what was asked for, and tells of it.
#include "serve/scribe.h"
#include "serve/views.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace fabula::serve {
namespace {

constexpr std::size_t most_remembered = 64;  // stories whose last offer is known

const store::OfferRecord* find_offer(const store::Story& story, store::OfferId id) {
    const auto found = std::find_if(story.offers.begin(), story.offers.end(),
                                    [&](const auto& offer) { return offer.id == id; });
    return found == story.offers.end() ? nullptr : &*found;
}

std::size_t n_tokens(const model::Generated& generated) {
    std::size_t sum = 0;
    for (const auto& candidate : generated.candidates)
        sum += candidate.ids.size();
    return sum;
}

bool was_stopped(const model::Generated& generated) {
    return std::any_of(generated.candidates.begin(), generated.candidates.end(),
                       [](const auto& each) { return each.ending == model::Ending::stopped; });
}

double seconds_since(Timestamp time) {
    return static_cast<double>(static_cast<std::int64_t>(now()) - static_cast<std::int64_t>(time)) /
           1000;
}

StepView step_of(const engine::OfferPlan& plan, store::RequestId request) {
    StepView view{request, plan.parent, plan.step, plan.number, {}, {}, {}, plan.candidates.policy};
    view.settings.reserve(plan.candidates.size());
    for (const auto& proposal : plan.candidates.proposals)
        view.settings.push_back(proposal.settings);
    view.indices.resize(plan.candidates.size());
    std::iota(view.indices.begin(), view.indices.end(), std::size_t{0});
    return view;
}

void publish_offer(OpenStory& open, store::Store& store, const store::Story& story,
                   const store::OfferRecord& offer, store::RequestId request) {
    const auto requests = store.requests(story.record.id);
    const auto slots = slots_of(offer, requests ? *requests : std::vector<store::RequestRecord>());
    open.feed().end(request);
    open.feed().publish("offer", offer_as_json(story, offer, slots));
    const auto record = store.request(request);
    if (record)
        open.feed().publish(
            "request", request_as_json({*record, std::nullopt, story.tree.step(offer.parent) + 1}));
}

}  // namespace

std::stop_token Scribe::drawing_token() const {
    const std::lock_guard lock(mutex_);
    return drawing_stop_.get_token();
}

// What was drawn ahead, or what the model draws now; its words are told either way.
Result<model::Generated> Scribe::words_of(const engine::OfferPlan& plan,
                                          const store::RequestRecord& request, OpenStory& open) {
    bool is_first = true;
    const auto tell = [&](std::size_t index, std::string_view text) {
        if (text.empty()) return;
        if (is_first) metrics_.first_token.add(seconds_since(request.created));
        is_first = false;
        open.feed().add_text(request.id, index, text, text_event(request.id, index, text));
    };
    if (auto ahead = ahead_.take(request.story, plan)) {
        for (std::size_t i = 0; i < ahead->candidates.size(); ++i)
            tell(i, ahead->candidates[i].text);
        return *std::move(ahead);
    }
    return engine::draw(plan, *generator_, tell, drawing_token());
}

// Something was stopped before it had a word: somebody else draws it, where this process ends, or
// nobody does.
Result<bool> Scribe::give_up_empty(store::Store& store, const store::RequestRecord& request,
                                   const model::Generated& generated, OpenStory& open) {
    if (!was_stopped(generated) || n_tokens(generated) > 0) return false;
    return open.change(store, [&]() -> Result<bool> {
        const auto given_up =
            is_stopping() ? store.release_claims(server_) : [&]() -> Result<Unit> {
            const auto cancelled = store.cancel_request(request.id, now());
            if (!cancelled) return cancelled.error();
            return Unit{};
        }();
        if (!given_up) return given_up.error();
        const auto record = store.request(request.id);
        open.feed().end(request.id);
        if (record) open.feed().publish("request", request_as_json({*record, std::nullopt, 0}));
        return true;
    });
}

Result<Unit> Scribe::draw_offer(store::Store& store, const store::RequestRecord& request,
                                OpenStory& open) {
    const auto asked = asked_offer(request.body);
    if (!asked) return asked.error();
    auto offering = offering_of(*asked, options_.offering);
    if (!offering) return offering.error();
    if (auto done = use_policy(*offering, store); !done) return done;
    auto story = store.load(request.story);
    if (!story) return story.error();
    const auto notes = store.notes(request.story);
    if (!notes) return notes.error();
    offering->options.notes = [kept = notes_of(*notes)] { return Result(kept); };
    const auto plan = engine::plan_offer(*story, request.parent, *generator_, offering->options);
    if (!plan) return plan.error();

    const auto step = step_of(*plan, request.id);
    open.feed().begin(request.id, step.indices, step_event(step));
    const auto generated = words_of(*plan, request, open);
    if (!generated) return generated.error();
    const auto given_up = give_up_empty(store, request, *generated, open);
    if (!given_up) return given_up.error();
    if (*given_up) return Unit{};
    engine::Events nobody({});
    const auto offered = open.change(
        store,
        [&] {
            auto kept = engine::keep({store, *generator_, *story}, *plan, *generated,
                                     {now(), store::Claim{request.id, server_}}, nobody);
            if (kept) publish_offer(open, store, *story, story->offers.back(), request.id);
            return kept;
        },
        2);
    if (!offered) return offered.error();
    ++metrics_.offers;
    metrics_.candidates += generated->candidates.size();
    metrics_.tokens += offered->drawn_tokens;
    metrics_.prompt_tokens += offered->prompt_tokens;
    after_offer(store, *std::move(story), {*std::move(offering), request.body}, *offered);
    return Unit{};
}

// What can wait until the words are shown.
void Scribe::after_offer(store::Store& store, store::Story story, GoingOn going_on,
                         const engine::Offered& offered) {
    const auto* offer = find_offer(story, offered.id);
    const auto id = story.record.id;
    const auto before = last_offered_.find(id);
    if (before != last_offered_.end()) {
        const auto& passage = story.passages[static_cast<std::size_t>(offer->parent)];
        if (passage.offer == before->second.id && passage.index)
            engine::keep_taken({store, *generator_, story}, before->second, *passage.index);
    }
    if (last_offered_.size() >= most_remembered) last_offered_.clear();
    last_offered_[id] = offered;
    learn_anew(going_on.offering.policy, store);
    feeds_.at(id)->feed().clear_ahead();
    ahead_.forget(id);
    if (offered.was_stopped) return;
    if (!use_policy(going_on.offering, store)) return;
    store::OfferRecord read = *offer;
    ahead_.begin(std::move(story), std::move(read), std::move(going_on));
}

void Scribe::tell_ahead(const DrawnAhead& drawn) {
    AheadView view{drawn.offer, drawn.index, drawn.asked, {}};
    view.texts.reserve(drawn.generated.candidates.size());
    for (const auto& candidate : drawn.generated.candidates)
        view.texts.push_back(candidate.text);
    feeds_.at(drawn.story)->feed().add_ahead(ahead_event(view, step_of(drawn.plan, {})));
}

Result<Unit> Scribe::draw_again(store::Store& store, const store::RequestRecord& request,
                                OpenStory& open) {
    const auto asked = asked_redraw(request.body);
    if (!asked) return asked.error();
    auto offering = offering_of(*asked, options_.offering);
    if (!offering) return offering.error();
    if (auto done = use_policy(*offering, store); !done) return done;
    auto story = store.load(request.story);
    if (!story) return story.error();
    const auto* offer = find_offer(*story, *request.redraw_of);
    if (offer == nullptr) return Error{ErrorCode::not_found, "the offer is not there any more"};
    if (offer->model_hash != info_.hash || offer->model != info_.name)
        return Error{ErrorCode::conflict, "this was offered by model '" + offer->model +
                                              "', not by '" + info_.name +
                                              "': ask for a new offer"};
    offering->options.candidates = std::max<std::size_t>(1, offer->candidates.size());
    const std::size_t index = engine::next_index(*offer);
    const auto plan = engine::plan_candidate(*story, *offer, index, offering->options);
    const StepView step{request.id,    offer->parent,   story->tree.step(offer->parent) + 1,
                        offer->number, asked->replaces, {plan.proposals.front().settings},
                        {index},       plan.policy};
    open.feed().begin(request.id, step.indices, step_event(step));
    const auto generated = engine::draw_again(
        *offer, plan, *generator_,
        [&](std::size_t, std::string_view text) {
            if (text.empty()) return;
            open.feed().add_text(request.id, index, text, text_event(request.id, index, text));
        },
        drawing_token());
    if (!generated) return generated.error();
    const auto given_up = give_up_empty(store, request, *generated, open);
    if (!given_up) return given_up.error();
    if (*given_up) return Unit{};
    const auto record = open.change(
        store,
        [&] {
            auto kept = engine::keep_again({store, *generator_, *story}, *request.redraw_of, plan,
                                           *generated, {now(), store::Claim{request.id, server_}});
            if (kept)
                publish_offer(open, store, *story, *find_offer(*story, *request.redraw_of),
                              request.id);
            return kept;
        },
        2);
    if (!record) return record.error();
    ++metrics_.candidates;
    metrics_.tokens += store::n_tokens(*record);
    ahead_.grow(*story, *find_offer(*story, *request.redraw_of));
    return Unit{};
}

}  // namespace fabula::serve
