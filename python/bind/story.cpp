// SPDX-License-Identifier: 0BSD
#include "bind/story.h"

#include "app/choose_session.h"
#include "app/configuration.h"
#include "app/open_store.h"
#include "app/paths.h"
#include "app/policies.h"
#include "bind/drawing.h"
#include "bind/errors.h"
#include "engine/choose.h"
#include "engine/write.h"
#include "sample/settings_json.h"

#include <utility>

namespace py = pybind11;

namespace fabula::python {
namespace {

app::Configuration configuration_for(const std::string& database) {
    app::Flags flags;
    if (!database.empty()) flags.values["db"] = database;
    return value_or_raise(
        app::Configuration::load(flags, app::config_file(), app::process_environment));
}

engine::OfferOptions options_for(std::size_t n, const std::string& settings) {
    engine::OfferOptions options;
    options.candidates = n;
    options.settings = value_or_raise(sample::settings_from_json(settings));
    return options;
}

}  // namespace

Story::Story(std::unique_ptr<store::Store> store, store::Story story, std::string user)
    : store_(std::move(store)), story_(std::move(story)), user_(std::move(user)) {}

// The GIL is let go before anybody is waited for: who draws needs it to hand texts over.
template <typename Work>
auto Story::alone(Work work) {
    const Listed listed;
    const py::gil_scoped_release released;
    const std::lock_guard lock(mutex_);
    return work();
}

Result<Unit> Story::load_again() {
    auto story = store_->load(story_.record.id);
    if (!story) return story.error();
    story_ = *std::move(story);
    return Unit{};
}

// Nobody else may have moved it since it was looked at.
Result<Unit> Story::check_head() {
    const auto now = store_->load(story_.record.id);
    if (!now) return now.error();
    if (now->head() == story_.head()) return Unit{};
    return Error{ErrorCode::conflict, "another program moved the story meanwhile: reload it"};
}

std::uint32_t Story::head() {
    return static_cast<std::uint32_t>(alone([&] { return story_.head(); }));
}

std::string Story::text(std::optional<std::uint32_t> passage) {
    return value_or_raise(alone([&] {
        return story_.tree.read(passage ? static_cast<story::PassageId>(*passage) : story_.head());
    }));
}

std::vector<store::PassageRecord> Story::passages() {
    return alone([&] { return story_.passages; });
}

void Story::reload() {
    value_or_raise(alone([&] { return load_again(); }));
}

StoredOffer Story::offer(Generator& generator, std::size_t n, const std::string& settings,
                         const std::string& policy, const py::object& on_text) {
    auto options = options_for(n, settings);
    const auto name = value_or_raise(app::policy_name_from(policy));
    std::optional<Result<engine::Offered>> offered;
    std::vector<store::CandidateRecord> candidates;
    auto trouble = do_work(
        [&](const model::OnText& tell, const std::stop_token& stop) {
            std::unique_lock own(mutex_, std::defer_lock);
            std::unique_lock lock(generator.mutex(), std::defer_lock);
            if (!lock_unless_stopped(own, stop) || !lock_unless_stopped(lock, stop)) {
                offered = Error{ErrorCode::unavailable, "stopped while others drew"};
                return;
            }
            if (const auto set = app::set_policy(options, name, *store_); !set) {
                offered = set.error();
                return;
            }
            engine::Events events([&](const engine::Event& event) {
                if (const auto* drawn = std::get_if<engine::TextDrawn>(&event.body))
                    tell(drawn->index, drawn->text);
            });
            offered = engine::offer({*store_, generator.engine(), story_}, options, events, stop);
            if (*offered) candidates = story_.offers.back().candidates;
        },
        on_text);
    trouble.raise_callback_error();
    if (!*offered) {
        trouble.raise_any();
        raise(offered->error());
    }
    return {static_cast<std::int64_t>((*offered)->id), std::move(candidates), trouble.is_interrupt};
}

std::optional<StoredOffer> Story::last_offer() {
    return alone([&]() -> std::optional<StoredOffer> {
        if (story_.offers.empty()) return std::nullopt;
        const auto& offer = story_.offers.back();
        return StoredOffer{static_cast<std::int64_t>(offer.id), offer.candidates, false};
    });
}

void Story::decide(const Decided& decided) {
    engine::Pick pick;
    pick.offer = static_cast<store::OfferId>(decided.offer);
    pick.index = decided.index;
    pick.chooser = "person";
    pick.reason = decided.reason;
    pick.user = user_;
    pick.shown = decided.shown;
    pick.seconds = decided.seconds;
    value_or_raise(alone([&]() -> Result<story::PassageId> {
        pick.head = story_.head();
        const auto before = story_.tree.read(story_.head());
        if (!before) return before.error();
        if (decided.words) pick.words = app::joined_words(*before, *decided.words);
        engine::Events events({});
        return engine::choose(*store_, story_, pick, now(), events);
    }));
}

void Story::rate(std::int64_t offer, std::size_t index, int rating, const std::string& reason) {
    store::RatingRecord record;
    record.offer = static_cast<store::OfferId>(offer);
    record.index = index;
    record.rating = rating;
    record.reason = reason;
    record.user = user_;
    record.created = now();
    value_or_raise(alone([&] { return engine::rate(*store_, story_, record); }));
}

void Story::write(const std::string& words) {
    value_or_raise(engine::check_text("the passage", words));
    value_or_raise(alone([&]() -> Result<Unit> {
        if (const auto same = check_head(); !same) return same.error();
        const auto before = story_.tree.read(story_.head());
        if (!before) return before.error();
        const auto added =
            store_->add_passage(story_.record.id, story_.head(), story::Origin::written,
                                app::joined_words(*before, words), now());
        if (!added) return added.error();
        return load_again();
    }));
}

Result<Unit> Story::move(store::MoveKind kind, story::PassageId to) {
    if (const auto same = check_head(); !same) return same.error();
    if (const auto moved = store_->move(story_.record.id, kind, to, now()); !moved)
        return moved.error();
    return load_again();
}

void Story::undo() {
    value_or_raise(alone([&]() -> Result<Unit> {
        if (const auto same = check_head(); !same) return same.error();
        const auto head = story_.head();
        if (head == story::PassageId::root)
            return Error{ErrorCode::invalid_input,
                         "the story stands at its opening: there is nothing to undo"};
        return move(store::MoveKind::undo, story_.tree.at(head).parent);
    }));
}

void Story::jump(std::uint32_t passage) {
    value_or_raise(
        alone([&] { return move(store::MoveKind::jump, static_cast<story::PassageId>(passage)); }));
}

std::unique_ptr<Story> open_story(const std::string& name, const std::string& database) {
    const auto configuration = configuration_for(database);
    auto store = value_or_raise(app::open_store(configuration));
    const auto id = value_or_raise(app::find_story(*store, name));
    auto story = value_or_raise(store->load(id));
    return std::make_unique<Story>(std::move(store), std::move(story), app::user_of(configuration));
}

std::unique_ptr<Story> create_story(const std::string& opening, Generator& generator,
                                    std::uint64_t seed, const std::string& title,
                                    const std::string& database) {
    const auto configuration = configuration_for(database);
    auto store = value_or_raise(app::open_store(configuration));
    store::StoryRecord record;
    record.title = title;
    record.seed = seed;
    record.created = now();
    std::optional<Result<store::Story>> begun;
    {
        const Listed listed;
        const py::gil_scoped_release released;
        const std::lock_guard lock(generator.mutex());
        begun = engine::begin(*store, generator.engine(), record, opening, {});
    }
    return std::make_unique<Story>(std::move(store), value_or_raise(*std::move(begun)),
                                   app::user_of(configuration));
}

std::vector<store::StorySummary> list_stories(const std::string& database) {
    return value_or_raise(value_or_raise(app::open_store(configuration_for(database)))->list());
}

}  // namespace fabula::python
