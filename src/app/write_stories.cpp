// SPDX-License-Identifier: 0BSD
#include "app/write_stories.h"

#include "app/exit_status.h"
#include "app/progress.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "base/sentences.h"
#include "engine/write.h"
#include "model/sha256.h"
#include "sample/settings_json.h"

#include <fmt/format.h>

#include <iostream>
#include <optional>
#include <span>

namespace fabula::app {
namespace {

// What the words depend on, the number of steps aside: a longer story is the same one gone on with.
// A policy that has learned more meanwhile, or notes that were changed, make another batch.
std::string batch_name(const Desk& desk, const WritingArguments& arguments, std::uint64_t seed) {
    const auto& offer = desk.options.offer;
    std::string all;
    std::string drawn;  // what the policy makes of a few places: what it has learned is in it
    if (offer.proposer) {
        for (std::size_t step = 1; step <= 8; ++step) {
            const auto proposal =
                offer.proposer->propose({step, step % 3, 3}, offer.settings, Rng(seed).child(step));
            drawn += sample::to_json(proposal.settings);
        }
    }
    std::string notes;
    if (const auto given = offer.notes ? offer.notes() : Result(std::vector<story::Note>())) {
        for (const auto& note : *given)
            notes += std::string(story::name_of(note.kind)) + ":" + note.text + "\n";
    }
    const auto& info = desk.generator->info();
    for (const std::string& part :
         {desk.prompt, std::to_string(seed), info.name, info.hash, info.backend, info.arithmetic,
          engine::policy_name(offer), drawn, notes, std::to_string(offer.candidates),
          sample::to_json(offer.settings), arguments.instruction, arguments.title,
          std::string(offer.chat == engine::Chat::on ? desk.configuration.text("system") : "")}) {
        all += std::to_string(part.size());
        all += ':';
        all += part;
    }
    return model::sha256_of(std::as_bytes(std::span(all))).substr(0, 20);
}

// Empty where it is complete.
Result<std::optional<store::Story>> story_to_write(Desk& desk, const WritingArguments& arguments,
                                                   const StoriesOptions& options,
                                                   const std::string& source, std::uint64_t seed) {
    const auto found = desk.store->story_from(source);
    if (!found) return found.error();
    if (!*found) {
        auto begun = begin_story(desk, arguments, seed, source);
        if (!begun) return begun.error();
        return std::optional(*std::move(begun));
    }
    auto story = desk.store->load(**found);
    if (!story) return story.error();
    const auto& passage = story->passages[static_cast<std::size_t>(story->head())];
    bool is_complete = story->tree.step(story->head()) >= options.steps;
    for (const auto& offer : story->offers) {
        for (const auto& candidate : offer.candidates)
            is_complete |= passage.offer == offer.id && passage.index == candidate.index &&
                           candidate.ending == "end_of_text" &&
                           !desk.options.offer.settings.ignore_end;
    }
    if (is_complete) return std::optional<store::Story>();
    return std::optional(*std::move(story));
}

void print_story(const engine::WritingDone& done, const store::Story& story,
                 const StoriesOptions& options) {
    if (options.is_quiet) {
        std::cout << printable(done.text) << "\n\n";
    } else {
        std::cout << fmt::format("story {}  {} steps  {} words  {}\n",
                                 static_cast<std::int64_t>(done.story),
                                 story.tree.step(story.head()), words_of(done.text).size(),
                                 engine::name_of(done.finish));
    }
    std::cout.flush();
}

// How it went, and the exit status.
int tell_end(const Desk& desk, const StoriesOptions& options, std::size_t n_written,
             std::uint64_t seed) {
    if (!desk.stop.stop_requested()) {
        std::cerr << "fabula: " << n_written << " stories written, "
                  << options.n_stories - n_written << " were there: fabula choices report\n";
        return exit_success;
    }
    std::cerr << "fabula: stopped; " << n_written << " stories are complete. The same command with "
              << "--seed " << seed << " goes on\n";
    return 128 + signal_received();
}

}  // namespace

Result<int> write_stories(Desk& desk, const WritingArguments& arguments,
                          const StoriesOptions& options, View* json) {
    const auto seed = seed_of(desk.configuration);
    if (!seed) return seed.error();
    const std::string batch = batch_name(desk, arguments, *seed);
    if (!desk.configuration.is_set("seed"))
        std::cerr << "fabula: these stories have --seed " << *seed
                  << "; the same command with it goes on after an interruption\n";
    Progress progress("writing", static_cast<double>(options.n_stories), "stories");
    std::size_t n_written = 0;
    for (std::size_t i = 0; i < options.n_stories; ++i) {
        if (desk.stop.stop_requested()) break;
        auto story = story_to_write(desk, arguments, options, fmt::format("write:{}:{}", batch, i),
                                    Rng(*seed).child(i).name());
        if (!story) return story.error();
        progress.update(static_cast<double>(i));
        if (!*story) continue;
        engine::WriteOptions write = desk.options;
        write.takes_up_offers = true;
        write.steps = options.steps - (*story)->tree.step((*story)->head());
        const auto done = engine::write(
            {*desk.store, *desk.generator, **story}, write,
            [&](const engine::Event& event) {
                if (json != nullptr) json->show(event);
            },
            desk.stop);
        if (!done) return done.error();
        if (done->finish == engine::Finish::stopped) break;
        ++n_written;
        progress.clear();
        if (json == nullptr) print_story(*done, **story, options);
        if (!std::cout) return Error{ErrorCode::unavailable, "cannot write to standard output"};
    }
    progress.clear();
    return tell_end(desk, options, n_written, *seed);
}

}  // namespace fabula::app
