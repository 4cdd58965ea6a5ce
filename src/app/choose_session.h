// SPDX-License-Identifier: 0BSD
// A person at a story: what is offered now, and what each decision does to the story. Everything
// that was decided is on disk before it is shown as done.
#pragma once

#include "app/choose_view.h"
#include "app/decisions.h"
#include "engine/choose.h"
#include "engine/offer.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace fabula::app {

struct SessionOptions {
    engine::OfferOptions offer;
    std::string user;
    /// Asked before each offer; may give the policy what was decided meanwhile.
    std::function<Result<Unit>(engine::OfferOptions&)> learn;
    /// Words as a person changes them, begun with these; empty: they gave up.
    std::function<Result<std::optional<std::string>>(const std::string&)> edit;
    /// Keeps words of a person that the store could not take, and says where.
    std::function<void(const std::string&)> keep_draft;
};

class ChooseSession {
public:
    /// `sink` gets every event of the engine, as `fabula write` has them.
    ChooseSession(engine::AtWork work, SessionOptions options, ChooseView& view,
                  engine::EventSink sink);

    /// Shows what is offered where the story stands: what was left open there, or something new.
    Result<Unit> offer(const std::stop_token& stop);

    /// Does it. `true` when the session is over. Errors: invalid_input for a decision that cannot
    /// be carried out here, and nothing has happened; conflict when somebody else moved the story:
    /// `reload` goes on from where it stands; those of the store and the model.
    Result<bool> decide(const Decision& decision, const std::stop_token& stop);

    /// The story as the store has it now, and what is offered there.
    Result<Unit> reload(const std::stop_token& stop);

    std::size_t n_slots() const { return slots_.size(); }
    const store::Story& story() const { return work_.story; }

private:
    const store::OfferRecord* current() const;
    Slot slot_of(const store::CandidateRecord& record) const;
    std::vector<std::size_t> open_slots(const store::OfferRecord& offer) const;
    std::vector<Slot> shown() const;
    Result<Unit> draw(const std::stop_token& stop);
    Result<Unit> take(std::optional<std::size_t> place, std::optional<std::string> words,
                      const std::string& reason, const std::stop_token& stop);
    Result<Unit> edit(std::size_t place, const std::string& words, const std::stop_token& stop);
    Result<Unit> write(const std::string& words, const std::stop_token& stop);
    Result<Unit> again_all(const std::stop_token& stop);
    Result<Unit> again_one(std::size_t place, const std::stop_token& stop);
    Result<Unit> move(store::MoveKind kind, story::PassageId to, const std::stop_token& stop);
    Result<Unit> rate(std::size_t place, int rating, const std::string& reason);
    Result<Unit> act(const Decision& decision, const std::stop_token& stop);
    std::string words_behind_head(const std::string& words) const;
    std::string taken_reason(const std::string& reason);

    engine::AtWork work_;
    SessionOptions options_;
    ChooseView& view_;
    engine::Events events_;
    std::optional<store::OfferId> offer_;
    std::optional<engine::Offered> drawn_;  // of `offer_`, where it was drawn here
    std::vector<std::size_t> slots_;        // indices of candidates, as they stand on the screen
    std::string why_;                       // the reason of the next decision
    std::chrono::steady_clock::time_point offered_;
};

/// Words that are put behind a text: with a space between where neither has white space.
std::string joined_words(std::string_view before, std::string words);

}  // namespace fabula::app
