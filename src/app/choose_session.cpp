// SPDX-License-Identifier: 0BSD
#include "app/choose_session.h"

#include "app/story_text.h"
#include "engine/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace fabula::app {
namespace {

constexpr std::size_t most_slots = 8;

std::uint32_t number_of(story::PassageId id) {
    return static_cast<std::uint32_t>(id);
}

bool has_words(const store::CandidateRecord& record) {
    return record.text.find_first_not_of(" \t\r\n") != std::string::npos;
}

const store::CandidateRecord* find(const store::OfferRecord& offer, std::size_t index) {
    const auto found = std::find_if(offer.candidates.begin(), offer.candidates.end(),
                                    [&](const auto& each) { return each.index == index; });
    return found == offer.candidates.end() ? nullptr : &*found;
}

Error mistake(const std::string& message) {
    return {ErrorCode::invalid_input, message};
}

}  // namespace

std::string joined_words(std::string_view before, std::string words) {
    const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\t'; };
    if (!before.empty() && !words.empty() && !is_space(before.back()) && !is_space(words.front()))
        words.insert(0, " ");
    return words;
}

ChooseSession::ChooseSession(engine::AtWork work, SessionOptions options, ChooseView& view,
                             engine::EventSink sink)
    : work_(work),
      options_(std::move(options)),
      view_(view),
      events_([this, sink = std::move(sink)](const engine::Event& event) {
          if (const auto* drawn = std::get_if<engine::TextDrawn>(&event.body)) {
              const auto place = std::find(slots_.begin(), slots_.end(), drawn->index);
              view_.grow(static_cast<std::size_t>(place - slots_.begin()), drawn->text);
          }
          if (const auto* began = std::get_if<engine::StepBegan>(&event.body)) {
              slots_.clear();
              std::vector<Slot> slots;
              for (std::size_t i = 0; i < began->settings.size(); ++i) {
                  slots_.push_back(i);
                  slots.push_back({i, began->settings[i], "", "", 0});
              }
              view_.begin(fmt::format("step {}", began->step), std::move(slots));
          }
          if (sink) sink(event);
      }) {}

const store::OfferRecord* ChooseSession::current() const {
    const auto& offers = work_.story.offers;
    const auto found = std::find_if(offers.begin(), offers.end(),
                                    [&](const auto& each) { return offer_ == each.id; });
    return found == offers.end() ? nullptr : &*found;
}

Slot ChooseSession::slot_of(const store::CandidateRecord& record) const {
    Slot slot{record.index, record.settings, record.text, "", 0};
    slot.note = fmt::format("({} tokens", store::n_tokens(record));
    if (record.ending == "end_of_text") slot.note += ", the end";
    if (record.ending == "budget" || record.ending == "stopped" ||
        record.ending == "connection_lost")
        slot.note += ", cut off";
    if (!has_words(record)) slot.note += ", no words";
    for (const auto& passage : work_.story.passages) {
        if (passage.offer == offer_ && passage.index == record.index)
            slot.note += fmt::format(", taken: passage {}", number_of(passage.id));
    }
    slot.note += ')';
    for (const auto& rating : work_.story.ratings) {
        if (rating.offer == offer_ && rating.index == record.index && rating.user == options_.user)
            slot.rating = rating.rating;
    }
    return slot;
}

std::vector<Slot> ChooseSession::shown() const {
    std::vector<Slot> slots;
    const auto* offer = current();
    for (const std::size_t index : slots_) {
        if (const auto* record = find(*offer, index)) slots.push_back(slot_of(*record));
    }
    return slots;
}

// Those that stood on the screen when somebody chose last, else all, at most eight.
std::vector<std::size_t> ChooseSession::open_slots(const store::OfferRecord& offer) const {
    std::vector<std::size_t> slots;
    for (const auto& choice : work_.story.choices) {
        if (choice.offer == offer.id && !choice.shown.empty()) slots = choice.shown;
    }
    // And those that were drawn anew since: nobody knows any more in whose place.
    const std::size_t newest =
        slots.empty() ? 0 : *std::max_element(slots.begin(), slots.end()) + 1;
    for (const auto& candidate : offer.candidates) {
        if (candidate.index >= newest) slots.push_back(candidate.index);
    }
    if (slots.size() > most_slots)
        slots.erase(slots.begin(), slots.end() - static_cast<std::ptrdiff_t>(most_slots));
    return slots;
}

Result<Unit> ChooseSession::offer(const std::stop_token& stop) {
    const auto head = work_.story.head();
    const store::OfferRecord* open = nullptr;
    for (const auto& each : work_.story.offers) {
        if (each.parent == head && !each.candidates.empty()) open = &each;
    }
    if (open != nullptr) {
        bool is_refused = false;
        for (const auto& choice : work_.story.choices) {
            if (choice.offer == open->id) is_refused = !choice.index && choice.passage == head;
        }
        // What was stopped while it was drawn is kept, and drawn anew as another offer.
        const bool is_broken_off =
            std::all_of(open->candidates.begin(), open->candidates.end(),
                        [](const auto& candidate) { return candidate.ending == "stopped"; });
        if (is_refused || is_broken_off) open = nullptr;
    }
    if (open == nullptr) return draw(stop);
    offer_ = open->id;
    slots_ = open_slots(*open);
    view_.begin(fmt::format("step {}, as it was offered", work_.story.tree.step(head) + 1),
                shown());
    view_.finish(shown());
    offered_ = std::chrono::steady_clock::now();
    return Unit{};
}

Result<Unit> ChooseSession::draw(const std::stop_token& stop) {
    if (options_.learn) {
        if (const auto learned = options_.learn(options_.offer); !learned) return learned.error();
    }
    drawn_.reset();
    offer_.reset();  // where nothing comes of it, nothing is offered
    const auto offered = engine::offer(work_, options_.offer, events_, stop);
    if (!offered) {
        view_.abandon();
        return offered.error();
    }
    offer_ = offered->id;
    drawn_ = *offered;
    view_.finish(shown());
    offered_ = std::chrono::steady_clock::now();
    const auto* made = current();
    if (std::none_of(made->candidates.begin(), made->candidates.end(), has_words) &&
        !offered->was_stopped)
        view_.tell(
            "the model has no more words here: w writes on, u goes back, and with "
            "--ignore-end the story does not end");
    return Unit{};
}

std::string ChooseSession::words_behind_head(const std::string& words) const {
    const auto before = work_.story.tree.read(work_.story.head());
    return joined_words(before ? *before : "", words);
}

std::string ChooseSession::taken_reason(const std::string& reason) {
    std::string kept = reason.empty() ? why_ : reason;
    why_.clear();
    return kept;
}

Result<Unit> ChooseSession::take(std::optional<std::size_t> place, std::optional<std::string> words,
                                 const std::string& reason, const std::stop_token& stop) {
    const auto* offer = current();
    if (place) {
        const auto* record = find(*offer, slots_[*place]);
        if (!words && !has_words(*record))
            return mistake(fmt::format("candidate {} has no words to take", *place + 1));
    }
    engine::Pick pick;
    pick.offer = *offer_;
    if (place) pick.index = slots_[*place];
    pick.chooser = "person";
    pick.reason = taken_reason(reason);
    pick.head = work_.story.head();
    pick.words = std::move(words);
    pick.user = options_.user;
    pick.shown = slots_;
    pick.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - offered_).count();
    const auto passage =
        engine::choose(work_.store, work_.story, pick, options_.offer.clock(), events_);
    if (!passage) {
        why_ = pick.reason;
        if (pick.words && options_.keep_draft) options_.keep_draft(*pick.words);
        return passage.error();
    }
    const auto origin = work_.story.tree.at(*passage).origin;
    if (place && drawn_ && drawn_->id == *offer_ && origin == story::Origin::generated)
        engine::keep_taken(work_, *drawn_, *pick.index);
    view_.tell(fmt::format("passage {} is kept ({})", number_of(*passage), story::name_of(origin)));
    const auto* record = pick.index ? find(*current(), *pick.index) : nullptr;
    const bool has_ended = record != nullptr && record->ending == "end_of_text" &&
                           origin == story::Origin::generated;  // words of a person end nothing
    if (has_ended && !options_.offer.settings.ignore_end)
        view_.tell("the model ended the story here; the next candidates go on all the same");
    return this->offer(stop);
}

Result<Unit> ChooseSession::edit(std::size_t place, const std::string& words,
                                 const std::stop_token& stop) {
    const auto* record = find(*current(), slots_[place]);
    std::string edited = words;
    if (words.empty()) {
        if (!options_.edit) return mistake("what should it say? e N and the new words");
        const auto given = options_.edit(record->text);
        if (!given) return mistake(given.error().message);
        if (!*given) {
            view_.tell("left as it was");
            return Unit{};
        }
        edited = **given;
    }
    if (const auto sound = engine::check_text("the passage", edited); !sound) return sound.error();
    return take(place, words_behind_head(edited), "", stop);
}

Result<Unit> ChooseSession::write(const std::string& words, const std::stop_token& stop) {
    std::string written = words;
    if (words.empty()) {
        if (!options_.edit) return mistake("what should it say? w and the words");
        const auto given = options_.edit("");
        if (!given) return mistake(given.error().message);
        if (!*given) {
            view_.tell("nothing written");
            return Unit{};
        }
        written = **given;
    }
    if (const auto sound = engine::check_text("the passage", written); !sound) return sound.error();
    return take(std::nullopt, words_behind_head(written), "", stop);
}

// All that are shown are refused, and that is kept.
Result<Unit> ChooseSession::again_all(const std::stop_token& stop) {
    engine::Pick pick;
    pick.offer = *offer_;
    pick.chooser = "person";
    pick.reason = taken_reason("");
    pick.head = work_.story.head();
    pick.user = options_.user;
    pick.shown = slots_;
    pick.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - offered_).count();
    const auto refused =
        engine::choose(work_.store, work_.story, pick, options_.offer.clock(), events_);
    if (!refused) return refused.error();
    return draw(stop);
}

Result<Unit> ChooseSession::again_one(std::size_t place, const std::stop_token& stop) {
    const auto* offer = current();
    const auto& info = work_.generator.info();
    const bool is_same = offer->model_hash == info.hash && offer->model == info.name;
    if (offer->prompt_ids.empty() || !is_same)
        return mistake(fmt::format("this was offered by model '{}', not by '{}': r draws all anew",
                                   offer->model, info.name));
    const std::size_t before = slots_[place];
    const std::size_t next = offer->candidates.back().index + 1;
    auto slots = shown();
    slots_[place] = next;  // its words are drawn there
    slots[place].text.clear();
    slots[place].note.clear();
    view_.begin(fmt::format("candidate {} anew", place + 1), slots);
    const auto record = engine::redraw(work_, *offer_, options_.offer, events_, stop);
    if (!record) {
        slots_[place] = before;
        view_.abandon();
        return record.error();
    }
    view_.finish(shown());
    offered_ = std::chrono::steady_clock::now();
    return Unit{};
}

Result<Unit> ChooseSession::move(store::MoveKind kind, story::PassageId to,
                                 const std::stop_token& stop) {
    const auto time = options_.offer.clock();
    const auto moved = work_.store.move(work_.story.record.id, kind, to, time);
    if (!moved) return moved.error();
    work_.story.moves.push_back({kind, to, time});
    view_.tell(fmt::format("the story stands at passage {} (step {}); nothing is lost",
                           number_of(to), work_.story.tree.step(to)));
    const auto text = work_.story.tree.read(to);
    if (!text) return text.error();
    view_.show_story("", *text, false);
    return offer(stop);
}

Result<Unit> ChooseSession::rate(std::size_t place, int rating, const std::string& reason) {
    if (!has_words(*find(*current(), slots_[place])))
        return mistake(fmt::format("candidate {} has no words to rate", place + 1));
    store::RatingRecord record;
    record.offer = *offer_;
    record.index = slots_[place];
    // Said twice it is taken back.
    record.rating = shown()[place].rating == rating ? 0 : rating;
    record.reason = taken_reason(reason);
    record.user = options_.user;
    record.created = options_.offer.clock();
    const auto kept = engine::rate(work_.store, work_.story, record);
    if (!kept) return kept.error();
    const char* what = "is taken back";
    if (record.rating > 0) what = "up: kept";
    if (record.rating < 0) what = "down: kept";
    view_.tell(fmt::format("candidate {} {}{}", place + 1, what,
                           record.reason.empty() ? "" : " (" + record.reason + ")"));
    return Unit{};
}

Result<Unit> ChooseSession::act(const Decision& decision, const std::stop_token& stop) {
    const bool needs_offer = decision.verb != Verb::undo && decision.verb != Verb::jump;
    if (current() == nullptr && needs_offer) {
        if (decision.verb == Verb::again) return draw(stop);
        return mistake("nothing is offered here just now: r draws, u goes back");
    }
    const bool is_of_candidate = decision.verb == Verb::take || decision.verb == Verb::edit ||
                                 decision.verb == Verb::up || decision.verb == Verb::down ||
                                 (decision.verb == Verb::again && decision.number);
    if (is_of_candidate &&
        (!decision.number || *decision.number < 1 || *decision.number > slots_.size()))
        return mistake(fmt::format("there is no candidate {}: 1 to {}", decision.number.value_or(0),
                                   slots_.size()));
    const std::size_t place = decision.number.value_or(1) - 1;
    const auto head = work_.story.head();
    switch (decision.verb) {
        case Verb::take:
            return take(place, std::nullopt, decision.text, stop);
        case Verb::edit:
            return edit(place, decision.text, stop);
        case Verb::write:
            return write(decision.text, stop);
        case Verb::again:
            return decision.number ? again_one(place, stop) : again_all(stop);
        case Verb::undo:
            if (head == story::PassageId::root)
                return mistake("the story stands at its opening: there is nothing to undo");
            return move(store::MoveKind::undo, work_.story.tree.at(head).parent, stop);
        case Verb::jump: {
            const auto to = decision.number.value_or(0);
            if (to >= work_.story.tree.size())
                return mistake(fmt::format("there is no passage {}: 0 to {}", to,
                                           work_.story.tree.size() - 1));
            return move(store::MoveKind::jump, static_cast<story::PassageId>(to), stop);
        }
        case Verb::up:
            return rate(place, 1, decision.text);
        case Verb::down:
            return rate(place, -1, decision.text);
        default:
            break;
    }
    return Unit{};
}

Result<Unit> ChooseSession::reload(const std::stop_token& stop) {
    auto story = work_.store.load(work_.story.record.id);
    if (!story) return story.error();
    work_.story = *std::move(story);
    return offer(stop);
}

Result<bool> ChooseSession::decide(const Decision& decision, const std::stop_token& stop) {
    Result<Unit> done = Unit{};
    switch (decision.verb) {
        case Verb::quit:
            return true;
        case Verb::nothing:
            return false;
        case Verb::help:
            view_.show_keys(slots_.size(), true);
            return false;
        case Verb::tree:
            view_.print(story_as_tree(work_.story, view_.columns()));
            return false;
        case Verb::look: {
            const auto text = work_.story.tree.read(work_.story.head());
            if (!text) return text.error();
            view_.show_story(work_.story.record.title, *text, true);
            return false;
        }
        case Verb::why:
            why_ = decision.text;
            view_.tell(why_.empty() ? "no reason is noted"
                                    : "noted for the next decision: " + why_);
            return false;
        default:
            done = act(decision, stop);
    }
    if (!done) return done.error();
    return stop.stop_requested();
}

}  // namespace fabula::app
