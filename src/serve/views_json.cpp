// SPDX-License-Identifier: 0BSD
#include "sample/settings_json.h"
#include "serve/asked.h"
#include "serve/views.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>
#include <type_traits>

namespace fabula::serve {
namespace {

using Json = nlohmann::ordered_json;

std::string line_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename Id>
auto number_of(Id id) {
    return static_cast<std::underlying_type_t<Id>>(id);
}

template <typename T>
Json optional(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

double mean_logprob(const store::CandidateRecord& candidate) {
    if (candidate.tokens.empty()) return 0;
    const double sum = std::accumulate(candidate.tokens.begin(), candidate.tokens.end(), 0.0,
                                       [](double before, const auto& token) {
                                           return before + static_cast<double>(token.logprob_model);
                                       });
    return sum / static_cast<double>(candidate.tokens.size());
}

Json to_value(const sample::Settings& settings) {
    return Json::parse(sample::to_json(settings));
}

Json to_value(const store::CandidateRecord& candidate) {
    Json value{{"index", candidate.index},
               {"text", candidate.text},
               {"tokens", store::n_tokens(candidate)},
               {"settings", to_value(candidate.settings)},
               {"policy", candidate.policy},
               {"propensity", optional(candidate.propensity)},
               {"ending", candidate.ending},
               {"score", nullptr},
               {"mean_logprob", nullptr},
               {"copied_share", candidate.copied_share},
               {"seconds", candidate.seconds}};
    if (store::n_tokens(candidate) > 0) value["score"] = candidate.score;
    if (!candidate.tokens.empty()) value["mean_logprob"] = mean_logprob(candidate);
    return value;
}

Json to_value(const store::Story& story, const store::OfferRecord& offer,
              const std::vector<std::size_t>& slots) {
    Json candidates = Json::array();
    for (const auto& candidate : offer.candidates)
        candidates.push_back(to_value(candidate));
    return {{"id", number_of(offer.id)},
            {"parent", number_of(offer.parent)},
            {"number", offer.number},
            {"step", story.tree.step(offer.parent) + 1},
            {"model", offer.model},
            {"created", number_of(offer.created)},
            {"candidates", std::move(candidates)},
            {"slots", slots}};
}

Json to_value(const store::PassageRecord& passage) {
    Json value{{"id", number_of(passage.id)},
               {"parent", nullptr},
               {"origin", story::name_of(passage.passage.origin)},
               {"text", passage.passage.text},
               {"offer", nullptr},
               {"index", optional(passage.index)},
               {"created", number_of(passage.created)}};
    if (passage.id != story::PassageId::root) value["parent"] = number_of(passage.passage.parent);
    if (passage.offer) value["offer"] = number_of(*passage.offer);
    return value;
}

Json to_value(const store::ChoiceRecord& choice) {
    return {{"offer", number_of(choice.offer)},
            {"index", optional(choice.index)},
            {"passage", number_of(choice.passage)},
            {"chooser", choice.chooser},
            {"reason", choice.reason},
            {"user", choice.user},
            {"created", number_of(choice.created)}};
}

Json to_value(const store::RatingRecord& rating) {
    return {{"offer", number_of(rating.offer)},
            {"index", rating.index},
            {"rating", rating.rating},
            {"reason", rating.reason},
            {"user", rating.user},
            {"created", number_of(rating.created)}};
}

Json to_value(const store::NotesRecord& notes) {
    return {{"memory", notes.memory}, {"author_note", notes.author_note}};
}

Json to_value(const RequestView& request) {
    const auto& record = request.record;
    const bool is_redraw = record.redraw_of.has_value();
    std::optional<std::size_t> candidates;
    if (!is_redraw) {
        const auto asked = asked_offer(record.body);
        if (asked) candidates = asked->candidates;
    }
    Json value{{"id", number_of(record.id)},
               {"story", number_of(record.story)},
               {"kind", is_redraw ? "redraw" : "offer"},
               {"parent", number_of(record.parent)},
               {"offer", nullptr},
               {"replaces", optional(replaced_by(record))},
               {"state", store::name_of(record.state)},
               {"position", optional(request.position)},
               {"candidates", is_redraw ? Json(1) : optional(candidates)},
               {"step", request.step > 0 ? Json(request.step) : Json(nullptr)},
               {"error", record.error},
               {"created", number_of(record.created)}};
    if (record.offer)
        value["offer"] = number_of(*record.offer);
    else if (record.redraw_of)
        value["offer"] = number_of(*record.redraw_of);
    return value;
}

Json to_value(const store::StorySummary& summary) {
    return {{"id", number_of(summary.record.id)},
            {"title", summary.record.title},
            {"created", number_of(summary.record.created)},
            {"changed", number_of(summary.changed)},
            {"passages", summary.n_passages},
            {"candidates", summary.n_candidates},
            {"words", summary.words},
            {"model", summary.record.model}};
}

Json to_value(const LiveText& live) {
    Json value = Json::parse(live.step);
    value["texts"] = live.texts;
    return value;
}

bool is_open(const store::RequestRecord& request) {
    return request.state == store::RequestState::waiting ||
           request.state == store::RequestState::claimed;
}

template <typename Items>
Json list_of(const Items& items) {
    Json list = Json::array();
    for (const auto& item : items)
        list.push_back(to_value(item));
    return list;
}

Json passage_or_null(const store::PassageRecord* passage) {
    return passage == nullptr ? Json(nullptr) : to_value(*passage);
}

}  // namespace

std::optional<std::size_t> replaced_by(const store::RequestRecord& request) {
    if (!request.redraw_of) return std::nullopt;
    const auto asked = asked_redraw(request.body);
    return asked ? asked->replaces : std::nullopt;
}

std::vector<std::size_t> slots_of(const store::OfferRecord& offer,
                                  const std::vector<store::RequestRecord>& requests) {
    std::vector<std::optional<std::size_t>> redraws;  // in whose place, oldest first
    for (const auto& request : requests) {
        if (request.redraw_of == offer.id && request.state == store::RequestState::done)
            redraws.push_back(replaced_by(request));
    }
    // What was drawn anew elsewhere, or long ago, stands behind the others.
    const std::size_t n_known = std::min(redraws.size(), offer.candidates.size());
    const std::size_t n_first = offer.candidates.size() - n_known;
    std::vector<std::size_t> slots;
    slots.reserve(offer.candidates.size());
    for (std::size_t i = 0; i < offer.candidates.size(); ++i) {
        const auto index = offer.candidates[i].index;
        const auto replaces = i < n_first ? std::nullopt : redraws[i - n_first];
        const auto place =
            replaces ? std::find(slots.begin(), slots.end(), *replaces) : slots.end();
        if (place == slots.end())
            slots.push_back(index);
        else
            *place = index;
    }
    return slots;
}

std::string story_as_json(const StoryView& view, const StoryFeed::Standing* standing) {
    const auto& story = view.story;
    const auto& record = story.record;
    Json offers = Json::array();
    for (const auto& offer : story.offers)
        offers.push_back(to_value(story, offer, slots_of(offer, view.requests)));
    Json requests = Json::array();
    for (const auto& request : view.requests) {
        if (!is_open(request) || !story.tree.has(request.parent)) continue;
        requests.push_back(
            to_value(RequestView{request, std::nullopt, story.tree.step(request.parent) + 1}));
    }
    Json value{{"id", number_of(record.id)},
               {"title", record.title},
               {"seed", std::to_string(record.seed)},
               {"model", record.model},
               {"instruction", record.instruction},
               {"created", number_of(record.created)},
               {"version", std::to_string(view.version)},
               {"head", number_of(story.head())},
               {"passages", list_of(story.passages)},
               {"offers", std::move(offers)},
               {"choices", list_of(story.choices)},
               {"ratings", list_of(story.ratings)},
               {"notes", to_value(view.notes)},
               {"requests", std::move(requests)}};
    if (standing != nullptr) {
        value["live"] = list_of(standing->live);
        Json ahead = Json::array();
        for (const auto& each : standing->ahead)
            ahead.push_back(Json::parse(each));
        value["ahead"] = std::move(ahead);
    }
    return line_of(value);
}

std::string summaries_as_json(const std::vector<store::StorySummary>& stories,
                              std::optional<store::StoryId> next) {
    Json value{{"stories", list_of(stories)}, {"next", nullptr}};
    if (next) value["next"] = number_of(*next);
    return line_of(value);
}

std::string offer_as_json(const store::Story& story, const store::OfferRecord& offer,
                          const std::vector<std::size_t>& slots) {
    return line_of(to_value(story, offer, slots));
}

std::string passage_as_json(const store::PassageRecord& passage) {
    return line_of(to_value(passage));
}

std::string rating_as_json(const store::RatingRecord& rating) {
    return line_of(to_value(rating));
}

std::string notes_as_json(const store::NotesRecord& notes) {
    return line_of(to_value(notes));
}

std::string request_as_json(const RequestView& request) {
    return line_of(to_value(request));
}

std::string standing_as_json(const store::PassageRecord* passage, story::PassageId head) {
    return line_of({{"passage", passage_or_null(passage)}, {"head", number_of(head)}});
}

std::string head_as_json(story::PassageId head) {
    return line_of({{"head", number_of(head)}});
}

std::string choice_event(const store::ChoiceRecord& choice, const store::PassageRecord* passage,
                         story::PassageId head) {
    return line_of({{"choice", to_value(choice)},
                    {"passage", passage_or_null(passage)},
                    {"head", number_of(head)}});
}

std::string move_event(store::MoveKind kind, story::PassageId head) {
    return line_of({{"kind", store::name_of(kind)}, {"head", number_of(head)}});
}

std::string step_event(const StepView& step) {
    Json settings = Json::array();
    for (const auto& each : step.settings)
        settings.push_back(to_value(each));
    return line_of({{"request", number_of(step.request)},
                    {"parent", number_of(step.parent)},
                    {"step", step.step},
                    {"number", step.number},
                    {"replaces", optional(step.replaces)},
                    {"settings", std::move(settings)},
                    {"indices", step.indices},
                    {"policy", step.policy}});
}

std::string text_event(store::RequestId request, std::size_t index, std::string_view text) {
    return line_of({{"request", number_of(request)}, {"index", index}, {"text", text}});
}

std::string candidate_event(store::RequestId request, store::OfferId offer,
                            const store::CandidateRecord& candidate) {
    return line_of({{"request", number_of(request)},
                    {"offer", number_of(offer)},
                    {"candidate", to_value(candidate)}});
}

std::string ahead_event(const AheadView& ahead, const StepView& step) {
    Json settings = Json::array();
    for (const auto& each : step.settings)
        settings.push_back(to_value(each));
    return line_of({{"offer", number_of(ahead.offer)},
                    {"index", ahead.index},
                    {"asked", ahead.asked},
                    {"step", step.step},
                    {"settings", std::move(settings)},
                    {"indices", step.indices},
                    {"policy", step.policy},
                    {"texts", ahead.texts}});
}

std::string health_as_json(const HealthView& health) {
    return line_of({{"status", "ok"},
                    {"version", health.version},
                    {"uptime_seconds", health.uptime_seconds},
                    {"model", health.model},
                    {"store", health.store}});
}

std::string models_as_json(const std::vector<ModelView>& models) {
    Json list = Json::array();
    for (const auto& [info, is_chat] : models) {
        list.push_back(Json{{"name", info.name},
                            {"architecture", info.architecture},
                            {"size_bytes", info.size_bytes},
                            {"window", info.window_tokens},
                            {"backend", info.backend},
                            {"arithmetic", info.arithmetic},
                            {"is_chat", is_chat},
                            {"is_default", list.empty()}});
    }
    return line_of(Json{{"models", std::move(list)}});
}

std::string policies_as_json(const std::vector<PolicyHint>& policies, const std::string& usual) {
    Json list = Json::array();
    for (const auto& [name, hint] : policies)
        list.push_back(Json{{"name", name}, {"hint", hint}});
    return line_of(Json{{"policies", std::move(list)}, {"default", usual}});
}

}  // namespace fabula::serve
