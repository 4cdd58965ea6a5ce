// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/offer_models.h"
#include "app/open_model.h"
#include "app/open_store.h"
#include "app/paths.h"
#include "app/progress.h"
#include "app/replay_report.h"
#include "app/settings_flags.h"
#include "app/signals.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

namespace fabula::app {
namespace {

constexpr std::size_t most_candidates = 64;

struct ReplayArguments {
    Flags flags;
    std::string story;
    std::optional<std::size_t> candidates;
    bool json = false;
};

Result<std::size_t> group_of(const ReplayArguments& arguments) {
    if (!arguments.candidates) return std::size_t{0};
    if (*arguments.candidates >= 1 && *arguments.candidates <= most_candidates)
        return *arguments.candidates;
    return Error{ErrorCode::invalid_input, "candidates '" + std::to_string(*arguments.candidates) +
                                               "' (flag --candidates) is not a whole number from "
                                               "1 to " +
                                               std::to_string(most_candidates)};
}

std::size_t largest_offer(const store::Story& story) {
    std::size_t largest = 1;
    for (const auto& offer : story.offers)
        largest = std::max(largest, offer.candidates.size());
    return std::min(largest, most_candidates);
}

std::size_t candidates_of(const store::Story& story) {
    std::size_t n = 0;
    for (const auto& offer : story.offers)
        n += offer.candidates.size();
    return n;
}

Result<int> replay_story(const ReplayArguments& arguments) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    auto options = open_options(*configuration);
    if (!options) return options.error();
    const auto group = group_of(arguments);
    if (!group) return group.error();
    const auto stop = listen_for_signals();
    const auto store = open_store(*configuration);
    if (!store) return store.error();
    const auto id = find_story(**store, arguments.story);
    if (!id) return id.error();
    const auto story = (*store)->load(*id);
    if (!story) return story.error();

    options->n_branches = *group != 0 ? *group : largest_offer(*story);
    OfferModels models(arguments.flags, *std::move(options));
    Progress progress("replay", static_cast<double>(candidates_of(*story)), "candidates");
    const auto replayed = engine::replay(
        *story, std::ref(models),
        {*group, [&](std::size_t n) { progress.update(static_cast<double>(n)); }}, stop);
    progress.clear();
    if (!replayed) return replayed.error();
    if (const auto failure = models.failure_of_named()) return *failure;
    std::cout << (arguments.json ? replay_as_json(*id, *replayed) : replay_as_text(*id, *replayed))
              << std::flush;
    if (replayed->was_stopped) return 128 + signal_received();
    return replayed->differing.empty() ? exit_success : exit_failed_check;
}

}  // namespace

void add_replay(CLI::App& story, Run& run) {
    auto* sub = story.add_subcommand("replay", "draw every candidate again and compare all bits");
    auto arguments = std::make_shared<ReplayArguments>();
    sub->add_option("story", arguments->story, "its number, or last")->required();
    add_key_flags(*sub, arguments->flags, {"db", "threads"});
    add_offer_model_flags(*sub, arguments->flags);
    sub->add_option("--candidates", arguments->candidates,
                    "how many are drawn together [as many as were offered]")
        ->type_name("N");
    sub->add_flag("--json", arguments->json, "as JSON, on one line");
    sub->footer(
        R"(Each candidate is drawn again from what was kept: the ids of its prompt, its settings, its seed. With
the same model file, kernel and numbers of the cache it has the same words and the same
log-probabilities, bit for bit, in whatever company and on however many threads. Candidates of
llama.cpp are counted as not promised. Exit status 1 where one differs.
Examples:
  fabula story replay last
  fabula story replay 12 --candidates 1 --threads 1
  fabula story replay 12 --model path/to/model.gguf --json)");
    sub->callback([arguments, &run] {
        run = [arguments] {
            const auto status = replay_story(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace fabula::app
