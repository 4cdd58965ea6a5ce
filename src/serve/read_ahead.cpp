// SPDX-License-Identifier: 0BSD
#include "serve/read_ahead.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace fabula::serve {
namespace {

constexpr std::size_t most_stories = 8;

bool can_go_on(const store::CandidateRecord& candidate) {
    return candidate.ending != "end_of_text" && candidate.ending != "stopped" &&
           candidate.text.find_first_not_of(" \t\r\n") != std::string::npos;
}

std::uint64_t n_tokens(const model::Generated& generated) {
    std::uint64_t sum = 0;
    for (const auto& candidate : generated.candidates)
        sum += candidate.ids.size();
    return sum;
}

}  // namespace

store::Story if_taken(const store::Story& story, const store::OfferRecord& offer,
                      std::size_t index) {
    const auto candidate = std::find_if(offer.candidates.begin(), offer.candidates.end(),
                                        [&](const auto& each) { return each.index == index; });
    assert(candidate != offer.candidates.end());
    store::Story taken = story;
    const auto id = taken.tree.add(offer.parent, story::Origin::generated, candidate->text);
    assert(id.has_value());
    taken.passages.push_back({*id, taken.tree.at(*id), offer.id, index, offer.created});
    taken.moves.push_back({store::MoveKind::choice, *id, offer.created});
    return taken;
}

void ReadAhead::begin(store::Story story, store::OfferRecord offer, GoingOn going_on) {
    forget(story.record.id);
    if (most_candidates_ == 0) return;
    Reading reading{std::move(story), std::move(offer), std::move(going_on), {}, 0, {}};
    for (const auto& candidate : reading.offer.candidates) {
        if (reading.indices.size() < most_candidates_ && can_go_on(candidate))
            reading.indices.push_back(candidate.index);
    }
    readings_.push_back(std::move(reading));
    if (readings_.size() > most_stories) readings_.pop_front();
}

void ReadAhead::grow(const store::Story& story, const store::OfferRecord& offer) {
    for (auto& reading : readings_) {
        if (reading.offer.id != offer.id || reading.story.record.id != story.record.id) continue;
        const bool goes_on = can_go_on(offer.candidates.back());
        reading.story = story;
        reading.offer = offer;
        if (goes_on) reading.indices.push_back(offer.candidates.back().index);
    }
}

std::optional<DrawnAhead> ReadAhead::draw_next(Reading& reading, model::Generator& generator,
                                               const std::stop_token& stop) {
    const std::size_t index = reading.indices[reading.next];
    const auto taken = if_taken(reading.story, reading.offer, index);
    auto plan =
        engine::plan_offer(taken, taken.head(), generator, reading.going_on.offering.options);
    if (!plan) {
        ++reading.next;
        return std::nullopt;
    }
    auto generated = engine::draw(*plan, generator, {}, stop);
    if (!generated) {
        ++reading.next;
        return std::nullopt;
    }
    counts_.tokens += n_tokens(*generated);
    const bool is_whole =
        std::none_of(generated->candidates.begin(), generated->candidates.end(),
                     [](const auto& each) { return each.ending == model::Ending::stopped; });
    if (!is_whole) {
        ++counts_.broken_off;
        return std::nullopt;
    }
    ++counts_.offers;
    ++reading.next;
    reading.drawn.push_back({*std::move(plan), *std::move(generated)});
    const auto& drawn = reading.drawn.back();
    return DrawnAhead{reading.story.record.id, reading.offer.id, index,
                      reading.going_on.asked,  drawn.plan,       drawn.generated};
}

std::optional<model::Generated> ReadAhead::take(store::StoryId story,
                                                const engine::OfferPlan& plan) {
    for (auto& reading : readings_) {
        if (reading.story.record.id != story) continue;
        for (auto& drawn : reading.drawn) {
            if (!engine::draw_the_same(drawn.plan, plan)) continue;
            ++counts_.shown;
            auto generated = std::move(drawn.generated);
            std::swap(drawn, reading.drawn.back());
            reading.drawn.pop_back();
            return generated;
        }
    }
    return std::nullopt;
}

void ReadAhead::forget(store::StoryId story) {
    std::erase_if(readings_, [&](const auto& each) { return each.story.record.id == story; });
}

std::vector<store::StoryId> ReadAhead::forget_policy(const std::string& policy) {
    std::vector<store::StoryId> stories;
    for (const auto& reading : readings_) {
        if (reading.going_on.offering.policy == policy) stories.push_back(reading.story.record.id);
    }
    std::erase_if(readings_,
                  [&](const auto& each) { return each.going_on.offering.policy == policy; });
    return stories;
}

}  // namespace fabula::serve
