// SPDX-License-Identifier: 0BSD
#include "app/bench_journey.h"

#include "app/bench.h"
#include "app/bench_folder.h"
#include "app/progress.h"
#include "base/rng.h"
#include "engine/choose.h"
#include "engine/write.h"
#include "model/candidate_text.h"
#include "model/load.h"
#include "model/memory.h"
#include "model/page_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>

namespace fabula::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t opening_tokens = 60;
constexpr std::size_t branch_depth = 3;
constexpr std::size_t undo_every = 5;
constexpr std::size_t branch_every = 8;
constexpr std::size_t stable_notes = 2;  // that what does not change of the memory is cut into

constexpr std::array<const char*, 24> words{
    "house",  "river", "mother", "window", "stone", "winter",   "letter", "garden",
    "street", "night", "horse",  "paper",  "child", "morning",  "bread",  "summer",
    "table",  "music", "island", "bridge", "ship",  "mountain", "candle", "forest"};

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Words of their own for each name, about so many tokens of them.
std::string prose(const model::Generator& generator, std::size_t n_tokens, const Rng& rng) {
    std::string text;
    for (std::uint64_t i = 0; i < n_tokens; ++i) {
        const auto word =
            static_cast<std::size_t>(rng.uniform(i, 0) * static_cast<double>(words.size()));
        const std::string more =
            text + (text.empty() ? "" : " ") + words[word % words.size()] + (i % 8 == 7 ? "." : "");
        const auto measured = generator.measure({more, {}});
        if (!measured || *measured > n_tokens) break;
        text = more;
    }
    return text;
}

class Journey {
public:
    Journey(model::Generator& generator, store::Store& store, const JourneyOptions& options)
        : generator_(generator), store_(store), options_(options) {
        settings_.ignore_end = true;
        settings_.max_new_tokens = 1;
        while (static_cast<std::size_t>(model::most_tokens(settings_.max_new_tokens + 1)) <=
               options.passage_tokens)
            ++settings_.max_new_tokens;
    }

    Result<Unit> walk(const std::stop_token& stop);
    std::vector<JourneyOffer> offers() && { return std::move(offers_); }

private:
    Result<Unit> begin();
    std::vector<story::Note> notes_at(std::size_t step) const;
    Result<store::OfferId> offer(const char* kind, const std::stop_token& stop);
    Result<Unit> take(store::OfferId offer, std::size_t index);
    Result<Unit> move(store::MoveKind kind, story::PassageId to);
    Result<Unit> visit_sibling(store::OfferId first, const std::stop_token& stop);
    Result<Unit> visit_branch(const std::stop_token& stop);

    model::Generator& generator_;
    store::Store& store_;
    JourneyOptions options_;
    sample::Settings settings_;
    std::optional<store::Story> story_;
    std::vector<JourneyOffer> offers_;
};

Result<Unit> Journey::begin() {
    store::StoryRecord record;
    record.seed = options_.seed;
    engine::WriteOptions write;
    write.offer.settings = settings_;
    auto begun =
        engine::begin(store_, generator_, record,
                      prose(generator_, opening_tokens, Rng(options_.seed).child(0)) + ".", write);
    if (!begun) return begun.error();
    story_ = *std::move(begun);
    return Unit{};
}

// What the model should know at a step, in tokens as its prompt has them.
std::vector<story::Note> Journey::notes_at(std::size_t step) const {
    const Rng rng = Rng(options_.seed).child(1);
    std::vector<story::Note> notes;
    const auto add = [&](story::PartKind kind, std::size_t n_tokens, const Rng& names) {
        if (n_tokens == 0) return;
        const auto frame = generator_.measure({"\n[]\n", {}});
        const std::size_t room = n_tokens - std::min(n_tokens, frame ? *frame : 0);
        notes.push_back({kind, prose(generator_, room, names)});
    };
    const std::size_t stable =
        options_.memory_tokens - std::min(options_.memory_tokens, options_.changed_tokens);
    for (std::size_t i = 0; i < stable_notes; ++i)
        add(story::PartKind::memory, stable / stable_notes, rng.child(0).child(i));
    add(story::PartKind::memory, std::min(options_.memory_tokens, options_.changed_tokens),
        rng.child(1).child(step));
    add(story::PartKind::lore, options_.lore_tokens, rng.child(2).child(step));
    return notes;
}

// Whether the notes of a prompt are these.
bool has_notes(const store::OfferRecord& offer, std::vector<story::Note> notes) {
    for (const auto& block : offer.prompt) {
        if (block.passage || block.kind == story::name_of(story::PartKind::gap)) continue;
        const auto found = std::find_if(notes.begin(), notes.end(), [&](const auto& note) {
            return block.text.find("[" + note.text + "]") != std::string::npos;
        });
        if (found == notes.end()) return false;
        notes.erase(found);
    }
    return notes.empty();
}

Result<store::OfferId> Journey::offer(const char* kind, const std::stop_token& stop) {
    JourneyOffer made;
    made.kind = kind;
    made.step = story_->tree.step(story_->head()) + 1;
    const auto notes = notes_at(made.step);
    engine::OfferOptions options;
    options.candidates = options_.candidates;
    options.settings = settings_;
    options.notes = [&]() -> Result<std::vector<story::Note>> { return notes; };
    engine::Events events([&](const engine::Event& event) {
        if (const auto* began = std::get_if<engine::StepBegan>(&event.body))
            made.omitted_bytes = began->omitted_bytes;
    });
    const auto start = Clock::now();
    const auto offered = engine::offer({store_, generator_, *story_}, options, events, stop);
    if (!offered) return offered.error();
    if (offered->was_stopped) return Error{ErrorCode::unavailable, "stopped"};
    made.seconds = seconds_since(start);
    made.first_token_seconds = offered->first_token_seconds;
    made.computed_tokens = offered->prompt_tokens;
    const auto& record = story_->offers.back();
    made.prompt_tokens = record.prompt_ids.size();
    made.passage_tokens = record.candidates.front().tokens.size();
    made.has_all_notes = has_notes(record, notes);
    offers_.push_back(std::move(made));
    return offered->id;
}

Result<Unit> Journey::take(store::OfferId offer, std::size_t index) {
    engine::Events events({});
    const engine::Pick pick{offer, index, "person", "for the figures"};
    const auto taken = engine::choose(store_, *story_, pick, now(), events);
    if (!taken) return taken.error();
    return Unit{};
}

Result<Unit> Journey::move(store::MoveKind kind, story::PassageId to) {
    if (auto moved = store_.move(story_->record.id, kind, to, now()); !moved) return moved;
    story_->moves.push_back({kind, to, now()});
    return Unit{};
}

// The step that was just taken is undone and offered again; then another candidate of the first
// offer is gone on from, and then the first one again.
Result<Unit> Journey::visit_sibling(store::OfferId first, const std::stop_token& stop) {
    const auto newest = story_->head();
    if (auto done = move(store::MoveKind::undo, story_->tree.at(newest).parent); !done) return done;
    if (const auto again = offer("undo", stop); !again) return again.error();
    if (options_.candidates > 1) {
        if (auto done = take(first, 1); !done) return done;
        if (const auto beside = offer("sibling", stop); !beside) return beside.error();
    }
    if (auto done = move(store::MoveKind::jump, newest); !done) return done;
    // It has been gone on from before, so that this is the same offer once more.
    if (const auto on = offer("step", stop); !on) return on.error();
    if (const auto back = offer("back", stop); !back) return back.error();
    return take(story_->offers[story_->offers.size() - 2].id, 0);
}

Result<Unit> Journey::visit_branch(const std::stop_token& stop) {
    const auto newest = story_->head();
    auto place = newest;
    for (std::size_t i = 0; i < branch_depth && place != story::PassageId::root; ++i)
        place = story_->tree.at(place).parent;
    if (auto done = move(store::MoveKind::jump, place); !done) return done;
    if (const auto branch = offer("branch", stop); !branch) return branch.error();
    return move(store::MoveKind::jump, newest);
}

Result<Unit> Journey::walk(const std::stop_token& stop) {
    if (auto done = begin(); !done) return done;
    Progress progress("walking", static_cast<double>(options_.steps), "steps");
    for (std::size_t step = 1; step <= options_.steps && !stop.stop_requested();
         step = story_->tree.step(story_->head()) + 1) {
        const auto first = offer("step", stop);
        if (!first) return first.error();
        if (auto done = take(*first, 0); !done) return done;
        if (options_.wanders && step % undo_every == 0 && step < options_.steps) {
            if (auto done = visit_sibling(*first, stop); !done) return done;
        }
        if (options_.wanders && step % branch_every == 0) {
            if (auto done = visit_branch(stop); !done) return done;
        }
        progress.update(static_cast<double>(step));
    }
    return Unit{};
}

struct Sum {
    std::size_t n = 0;
    std::size_t computed = 0;
    std::size_t most = 0;
    std::size_t prompt = 0;
    std::vector<double> first_tokens;
};

}  // namespace

Result<JourneyFigures> bench_journey(model::Generator& generator, const JourneyOptions& options,
                                     const std::stop_token& stop) {
    const BenchFolder folder;
    auto store = store::open_sqlite(folder.at("bench.db"));
    if (!store) return store.error();
    JourneyFigures figures;
    const auto& info = generator.info();
    figures.model = info.name;
    figures.arithmetic = info.arithmetic;
    figures.window_tokens = info.window_tokens;
    figures.options = options;
    const auto start = Clock::now();
    Journey journey(generator, **store, options);
    const auto walked = journey.walk(stop);
    if (!walked && !stop.stop_requested()) return walked.error();
    figures.offers = std::move(journey).offers();
    figures.seconds = seconds_since(start);
    figures.cache_bytes = generator.cache_figures().used_bytes;
    figures.peak_rss = peak_rss_bytes();
    return figures;
}

std::string as_text(const JourneyFigures& figures) {
    std::map<std::string, Sum> sums;
    std::size_t n_without_notes = 0;
    for (const auto& offer : figures.offers) {
        Sum& sum = sums[offer.kind];
        ++sum.n;
        sum.computed += offer.computed_tokens;
        sum.most = std::max(sum.most, offer.computed_tokens);
        sum.prompt += offer.prompt_tokens;
        sum.first_tokens.push_back(offer.first_token_seconds);
        n_without_notes += offer.has_all_notes ? 0 : 1;
    }
    std::string text = fmt::format(
        "{} ({}), window {}: {} offers in {:.1f} s, cache {}, peak memory {}\n"
        "  offers of    n   prompt   computed   at most   first token (median)\n",
        figures.model, figures.arithmetic, figures.window_tokens, figures.offers.size(),
        figures.seconds, model::readable_size(figures.cache_bytes),
        model::readable_size(figures.peak_rss));
    for (const auto& [kind, sum] : sums) {
        text += fmt::format("  {:<9} {:>4}   {:>6}   {:>8}   {:>7}   {:.0f} ms\n", kind, sum.n,
                            sum.prompt / sum.n, sum.computed / sum.n, sum.most,
                            1000 * median(sum.first_tokens));
    }
    if (n_without_notes > 0)
        text += fmt::format("  {} prompts did not hold all notes of their step\n", n_without_notes);
    return text;
}

namespace {

std::uint64_t bytes_of_pages(const std::string& root) {
    std::uint64_t sum = 0;
    for (const auto& use : model::page_folders_in(root))
        sum += use.size_bytes;
    return sum;
}

// One token behind the prompt, from a model that was just loaded; what it computed stays in
// `pages`. An empty prompt is drawn first.
Result<model::Generated> first_token(const ReopenOptions& options, const std::string& pages,
                                     const Rng& rng, model::Prompt& prompt,
                                     const std::stop_token& stop) {
    OpenOptions open = options.open;
    open.pages = pages;
    open.cache_disk_bytes = std::uint64_t{1} << 40U;
    auto opened = open_model(options.model, open);
    if (!opened) return opened.error();
    const auto n_words = static_cast<double>((*opened)->info().n_vocab - 1);
    for (std::uint64_t i = prompt.ids.size(); i < options.prefix_tokens; ++i)
        prompt.ids.push_back(static_cast<TokenId>(rng.uniform(i, 0) * n_words));
    const auto generator = model::make_local(*std::move(opened));
    model::CandidateRequest request{{}, rng.child(0)};
    request.settings.max_new_tokens = 1;
    auto made = generator->generate(prompt, {&request, 1}, {}, stop);
    if (made) generator->keep(prompt.ids);
    return made;
}

}  // namespace

Result<ReopenFigures> bench_reopen(const ReopenOptions& options, const std::stop_token& stop) {
    ReopenFigures figures;
    figures.model = options.model;
    figures.prefix_tokens = options.prefix_tokens;
    for (std::size_t run = 0; run < options.n_runs && !stop.stop_requested(); ++run) {
        const BenchFolder folder;
        const std::string pages = folder.at("pages");
        const Rng rng = Rng(options.seed).child(run);
        model::Prompt prompt;
        const auto cold = first_token(options, pages, rng, prompt, stop);
        if (!cold) return cold.error();
        figures.disk_bytes = bytes_of_pages(pages);
        const auto reopened = first_token(options, pages, rng, prompt, stop);
        if (!reopened) return reopened.error();
        figures.cold_seconds.push_back(cold->first_token_seconds);
        figures.reopened_seconds.push_back(reopened->first_token_seconds);
        figures.reopened_computed.push_back(reopened->computed_tokens);
    }
    figures.peak_rss = peak_rss_bytes();
    return figures;
}

std::string as_text(const ReopenFigures& figures) {
    const double cold = median(figures.cold_seconds);
    const double warm = median(figures.reopened_seconds);
    return fmt::format(
        "{}: first token behind {} tokens after {:.0f} ms cold, {:.0f} ms reopened ({:.1f} %, "
        "medians of {}; {} tokens computed), {} on disk, peak memory {}\n",
        figures.model, figures.prefix_tokens, 1000 * cold, 1000 * warm,
        cold > 0 ? 100 * warm / cold : 0, figures.reopened_seconds.size(),
        figures.reopened_computed.empty() ? 0 : figures.reopened_computed.back(),
        model::readable_size(figures.disk_bytes), model::readable_size(figures.peak_rss));
}

}  // namespace fabula::app
