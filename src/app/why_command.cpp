// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/offer_models.h"
#include "app/open_store.h"
#include "app/paths.h"
#include "app/settings_flags.h"
#include "app/signals.h"
#include "app/why_report.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

namespace fabula::app {
namespace {

constexpr std::size_t most_alternatives = 1000;

struct WhyArguments {
    Flags flags;
    std::string story;
    std::optional<std::uint32_t> passage;
    std::optional<std::int64_t> offer;
    std::optional<std::size_t> candidate;  // from 1
    std::optional<std::size_t> token;      // from 1
    std::size_t top = 10;
    bool json = false;
};

Result<engine::CandidatePlace> place_of(const WhyArguments& arguments) {
    if (arguments.candidate == 0U)
        return Error{ErrorCode::invalid_input, "candidates count from 1: `fabula story offers`"};
    if (arguments.token == 0U)
        return Error{ErrorCode::invalid_input,
                     "tokens count from 1: without --token they are listed"};
    if (arguments.top < 1 || arguments.top > most_alternatives)
        return Error{ErrorCode::invalid_input, "top '" + std::to_string(arguments.top) +
                                                   "' (flag --top) is not a whole number from 1 "
                                                   "to " +
                                                   std::to_string(most_alternatives)};
    engine::CandidatePlace place;
    if (arguments.passage) place.passage = static_cast<story::PassageId>(*arguments.passage);
    if (arguments.offer) place.offer = static_cast<store::OfferId>(*arguments.offer);
    if (arguments.candidate) place.index = *arguments.candidate - 1;
    return place;
}

Result<int> list_tokens(const WhyArguments& arguments, store::StoryId story,
                        const engine::FoundCandidate& found, const engine::ModelFor& model_for) {
    const auto tokens = engine::spell(found, model_for);
    if (!tokens) return tokens.error();
    std::cout << (arguments.json ? tokens_as_json(story, found, *tokens) : tokens_as_text(*tokens));
    return exit_success;
}

Result<int> show_why(const WhyArguments& arguments, store::StoryId story,
                     const engine::FoundCandidate& found, const engine::ModelFor& model_for) {
    const auto stop = listen_for_signals();
    const engine::WhyOptions options{*arguments.token - 1, arguments.top};
    const auto why = engine::why(found, options, model_for, stop);
    if (!why && stop.stop_requested()) return 128 + signal_received();
    if (!why) return why.error();
    const WhyHead head{story, options.position, found.candidate->tokens.size()};
    const Palette palette(has_color(1, Color::automatic));
    std::cout << (arguments.json ? why_as_json(head, found, *why)
                                 : why_as_text(head, found, *why, palette,
                                               std::min<std::size_t>(columns(1), 100)));
    return why->differences.empty() ? exit_success : exit_failed_check;
}

Result<int> explain(const WhyArguments& arguments) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    auto options = open_options(*configuration);
    if (!options) return options.error();
    options->n_branches = 1;
    const auto place = place_of(arguments);
    if (!place) return place.error();
    const auto store = open_store(*configuration);
    if (!store) return store.error();
    const auto id = find_story(**store, arguments.story);
    if (!id) return id.error();
    const auto story = (*store)->load(*id);
    if (!story) return story.error();
    const auto found = engine::find_candidate(*story, *place);
    if (!found) return found.error();
    OfferModels models(arguments.flags, *std::move(options));
    return arguments.token ? show_why(arguments, *id, *found, std::ref(models))
                           : list_tokens(arguments, *id, *found, std::ref(models));
}

}  // namespace

void add_why(CLI::App& story, Run& run) {
    auto* sub = story.add_subcommand("why", "which words could have stood in place of a token");
    auto arguments = std::make_shared<WhyArguments>();
    sub->add_option("story", arguments->story, "its number, or last")->required();
    sub->add_option("--passage", arguments->passage, "a number from `fabula story tree` [the last]")
        ->type_name("P");
    sub->add_option("--token", arguments->token, "which of its tokens, from 1 [all are listed]")
        ->type_name("I");
    sub->add_option("--candidate", arguments->candidate,
                    "another candidate of the same offer, from 1 [the one that was taken]")
        ->type_name("C");
    sub->add_option("--offer", arguments->offer,
                    "an offer, in place of a passage: a number from `fabula story offers`")
        ->type_name("O");
    sub->add_option("--top", arguments->top, "how many alternatives [10]")->type_name("N");
    add_key_flags(*sub, arguments->flags, {"db", "threads"});
    add_offer_model_flags(*sub, arguments->flags);
    sub->add_flag("--json", arguments->json, "as JSON, on one line");
    sub->footer(
        R"(The row that the token was drawn from is computed again, by the model that drew it. For each
alternative: its probability under the model (temperature 1, nothing cut), and under the settings of
the candidate, or "out" where they put it out of reach. > marks the token that stands there. Exit
status 1 where the numbers of that token are not those that were kept, though they must be.
Examples:
  fabula story why last
  fabula story why last --token 5
  fabula story why 12 --passage 3 --token 5 --candidate 2 --top 20
  fabula story why 12 --offer 7 --candidate 1 --token 1 --json)");
    sub->callback([arguments, &run] {
        run = [arguments] {
            const auto status = explain(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace fabula::app
